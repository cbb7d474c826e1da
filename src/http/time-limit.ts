import { TimeLimit } from './refusal.ts';

/**
 * Runs `task` under one signal that ends with the caller's, the storage's, or after `limitMs`, if any; body reading belongs inside. Made
 * by hand because `AbortSignal.any` of Node 20 keeps every short signal alive as long as a long one lives.
 */
export async function withTimeLimit<T>(
  limitMs: number | undefined,
  outer: readonly (AbortSignal | undefined)[],
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const signals = outer.filter((signal) => signal !== undefined);
  const forward = (event: Event): void => controller.abort((event.target as AbortSignal).reason);
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    signal.addEventListener('abort', forward, { once: true });
  }
  const timer =
    limitMs === undefined
      ? undefined
      : setTimeout(
          () => controller.abort(new TimeLimit(`no complete answer within ${limitMs / 1000} seconds`)),
          limitMs,
        );
  try {
    controller.signal.throwIfAborted();
    return await untilAborted(task(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener('abort', forward);
  }
}

/** A transport that does not heed its signal must not hold us up either. */
function untilAborted<T>(task: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    task.then(resolve, reject);
    if (signal.aborted) stop();
  });
}
