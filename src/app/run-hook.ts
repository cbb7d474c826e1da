import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { signalGroup } from '../lib/process-group.ts';
import { systemTimer, type Timer } from '../lib/timer.ts';

export interface HookOptions {
  readonly env: NodeJS.ProcessEnv;
  /** For its stdin. */
  readonly input?: string;
  /** Ends it, as the time limit does. */
  readonly signal?: AbortSignal | undefined;
  readonly timer?: Timer;
}

export interface HookEnd {
  /** Why it did not do what it should; undefined: it did, as far as its exit status tells. */
  readonly failure: string | undefined;
  /** What it said on stdout and stderr. */
  readonly output: string;
}

const LIMIT_MS = 60_000;
/** Between being asked to end and being ended. */
const GRACE_MS = 5_000;
/** What it printed last may still be on its way when it has ended. */
const DRAIN_MS = 500;
/** Of its output; the rest is dropped. */
const MAX_BYTES = 65_536;

/**
 * Runs one of the user's programs without a shell, in a process group of its own, in `/`, so that it holds no folder of a mount. At the
 * time limit the whole group is ended. What it leaves running in the background when it ends by itself is left alone. Never rejects.
 */
export async function runHook(argv: readonly string[], options: HookOptions): Promise<HookEnd> {
  const { env, input = '', signal, timer = systemTimer } = options;
  if (signal?.aborted === true) return { failure: ENDED_WITH_US, output: '' };
  const child = start(argv, env);
  if (typeof child === 'string') return { failure: child, output: '' };
  const output = collect(child);
  let stopped: string | undefined;
  let cancelKill = (): void => {};
  const stop = (why: string): void => {
    if (stopped !== undefined) return;
    stopped = why;
    signalGroup(child, 'SIGTERM');
    cancelKill = timer(GRACE_MS, () => signalGroup(child, 'SIGKILL'));
  };
  const cancelLimit = timer(LIMIT_MS, () => stop(`it did not end within ${LIMIT_MS / 1000} s`));
  const abort = (): void => stop(ENDED_WITH_US);
  signal?.addEventListener('abort', abort, { once: true });
  // A program that ends without reading its input is no failure.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  try {
    const closed = closedBy(child);
    const failure = await failureOf(child);
    // The leader has ended; what it started has had the same signal.
    if (stopped !== undefined) signalGroup(child, 'SIGKILL');
    await drain(child, closed, timer);
    return { failure: stopped ?? failure, output: output() };
  } finally {
    cancelLimit();
    cancelKill();
    signal?.removeEventListener('abort', abort);
  }
}

const ENDED_WITH_US = 'it was ended because pimsync stops';

/** @returns why it could not even be tried, such as arguments that the system does not take */
function start(argv: readonly string[], env: NodeJS.ProcessEnv): ChildProcess | string {
  const [program = '', ...args] = argv;
  try {
    return spawn(program, args, { cwd: '/', env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  } catch (error) {
    return `it cannot be started (${(error as Error).message})`;
  }
}

/** Settles when the program itself has ended, whatever became of its children. */
function failureOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(`it is not there or not executable (${error.code ?? error.message})`),
    );
    child.once('exit', (status, signal) => {
      if (status === 0) resolve(undefined);
      else resolve(signal ?? `exit status ${status}`);
    });
  });
}

const closedBy = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('close', () => resolve());
  });

/** A child in the background may hold the pipes for as long as it likes; it is read on, but nobody waits for it. */
async function drain(child: ChildProcess, closed: Promise<void>, timer: Timer): Promise<void> {
  if (child.pid === undefined) return;
  let cancel = (): void => {};
  const elapsed = new Promise<void>((resolve) => {
    cancel = timer(DRAIN_MS, resolve);
  });
  await Promise.race([closed, elapsed]);
  cancel();
  for (const stream of [child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
}

/** Without file descriptors to spare there are no streams either; the error is told by an event. */
function collect({ stdout, stderr }: ChildProcess): () => string {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (const stream of [stdout, stderr]) {
    stream?.on('data', (chunk: Uint8Array) => {
      const rest = chunk.subarray(0, MAX_BYTES - size);
      size += rest.length;
      if (rest.length > 0) chunks.push(rest);
    });
  }
  return () => Buffer.concat(chunks).toString();
}
