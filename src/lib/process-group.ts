import type { ChildProcess } from 'node:child_process';

/** Signals a program that was started `detached`, and with it whatever it has started in turn. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of them have ended by themselves in the meantime.
  }
}
