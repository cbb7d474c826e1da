import { PimsyncError } from '../core/errors.ts';
import type { Create, Send, Split, Update } from './action.ts';
import type { ExecuteContext } from './execute.ts';
import { inParallel } from './in-parallel.ts';
import { readBack } from './read-back.ts';

/**
 * The first step of keeping both versions of an item: what side b has gets a place of its own there, before anything is overwritten.
 * A run that is killed after it leaves the conflict as it was, beside an ordinary new item of side b.
 * @returns the other steps: side b's old place gets side a's text, and side a the new item
 */
export async function writeCopies(
  splits: readonly Split[],
  context: ExecuteContext,
): Promise<readonly Send[]> {
  const rest: Send[] = [];
  await inParallel(context.collections.b.parallelWrites, splits, async (split) => {
    rest.push(...(await writeCopy(split, context)));
  });
  return rest;
}

async function writeCopy({ ident, a, b, copy }: Split, context: ExecuteContext): Promise<readonly Send[]> {
  const { collections, ledger, pool, signal } = context;
  signal?.throwIfAborted();
  const keepA: Update = { type: 'update', on: 'b', ident, source: a, target: b };
  try {
    const result = await collections.b.create(copy, {}, signal);
    const written = await readBack(result, copy, { collection: collections.b, signal });
    if (written.hash === copy.hash) pool.add('b', written.href, copy);
    const toA: Create = { type: 'create', on: 'a', ident: copy.ident, source: written };
    ledger.copied({ ...toA, on: 'b' }, written.href);
    return [keepA, toA];
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    ledger.failed(keepA, error);
    return [];
  }
}
