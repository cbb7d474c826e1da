/** Calls back once after `delayMs`; returns its own cancellation. Handed in, so that tests move the time. */
export type Timer = (delayMs: number, callback: () => void) => () => void;

/** Longer delays would overflow Node's 32-bit timer and fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemTimer: Timer = (delayMs, callback) => {
  const timer = setTimeout(callback, Math.min(delayMs, LONGEST_MS));
  return () => clearTimeout(timer);
};

/** The same for what is no reason for a process to live on. */
export const idleTimer: Timer = (delayMs, callback) => {
  const timer = setTimeout(callback, Math.min(delayMs, LONGEST_MS)).unref();
  return () => clearTimeout(timer);
};
