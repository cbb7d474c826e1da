import { PimsyncError, RefusedError } from '../core/errors.ts';
import type { Merge, Update } from './action.ts';
import type { ExecuteContext } from './execute.ts';
import { inParallel } from './in-parallel.ts';
import { readBack } from './read-back.ts';
import { updateCopies } from './update-copies.ts';

/**
 * The first half of each merge: side b gets the merged text. What both sides had is then recorded as what they agreed on, so that all
 * that is left is an ordinary update of side a, also for the next run should this one be killed in between. A run that is killed
 * before that finds side b changed, merges again, and comes to the same text.
 * @returns the second halves
 */
export async function writeMerged(
  merges: readonly Merge[],
  context: ExecuteContext,
): Promise<readonly Update[]> {
  const halves: Update[] = [];
  await inParallel(context.collections.b.parallelWrites, merges, async (merge) => {
    const half = await writeHalf(merge, context);
    if (half) halves.push(half);
  });
  return halves;
}

async function writeHalf(
  { ident, a, b, merged, textOfA }: Merge,
  context: ExecuteContext,
): Promise<Update | undefined> {
  const { collections, ledger, pool, signal } = context;
  signal?.throwIfAborted();
  const write: Update = { type: 'update', on: 'b', ident, source: a, target: b };
  try {
    const written = await readBack(await collections.b.update(b, merged, signal), merged, {
      collection: collections.b,
      signal,
    });
    if (written.hash === b.hash)
      throw new RefusedError('it stored the merged text and still has the old one');
    if (written.hash === merged.hash) pool.add('b', written.href, merged);
    ledger.halfMerged(write, written, textOfA);
    await updateCopies(write, merged, context);
    return { type: 'update', on: 'a', ident, source: written, target: a, reason: 'merged' };
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    ledger.failed(write, error);
    return undefined;
  }
}
