import assert from 'node:assert/strict';
import type { SyncOptions } from '../../src/sync/engine.ts';
import type { Trial } from './pair-trial.ts';

/** Not a PimsyncError: nothing in the engine may catch it and go on. */
class Killed extends Error {}

/**
 * A run that ends at that call to a storage or that write to the status, counted from 1.
 * @returns whether it came to its end before that
 */
export async function syncKilledAt(
  made: Trial,
  step: number,
  options?: Partial<SyncOptions>,
): Promise<boolean> {
  let calls = 0;
  arm(made, () => {
    calls += 1;
    if (calls >= step) throw new Killed();
  });
  const survived = await made.sync(options).then(
    () => true,
    (error: unknown) => {
      assert.ok(error instanceof Killed, String(error));
      return false;
    },
  );
  arm(made, undefined);
  return survived;
}

function arm({ a, b, status }: Trial, shoot: (() => void) | undefined): void {
  for (const side of [a, b]) side.options.onCall = shoot;
  for (const mapping of status.mappings()) status.open(mapping).onWrite = shoot;
}

/** Plays a story once for each step at which its run can be killed. @param play tells whether the run came to its end */
export async function killedEverywhere(play: (step: number) => Promise<boolean>): Promise<void> {
  for (let step = 1; !(await play(step)); step += 1) assert.ok(step < 100, 'the run never ends');
}
