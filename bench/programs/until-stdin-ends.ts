import { setTimeout as pause } from 'node:timers/promises';

/** Repeats `step` until whoever started this process closes its stdin. Says by an empty line when it begins. */
export async function untilStdinEnds(step: () => void, pauseMs: number): Promise<void> {
  const stdin = process.stdin.resume();
  process.stdout.write('\n');
  while (!stdin.readableEnded) {
    step();
    await pause(pauseMs);
  }
}
