import { PimsyncError } from '../core/errors.ts';
import type { Item } from '../core/item.ts';
import type { Update } from './action.ts';
import type { ExecuteContext } from './execute.ts';

/**
 * Gives the further places of an item the text that its first one got. What does not come about is found by the next look: two contents
 * with one UID, which a person is told of.
 */
export async function updateCopies(
  { ident, on }: Pick<Update, 'ident' | 'on'>,
  item: Item,
  { copies, collections, signal }: ExecuteContext,
): Promise<void> {
  for (const copy of copies[on]?.get(ident) ?? []) {
    try {
      await collections[on].update(copy, item, signal);
    } catch (error) {
      if (!(error instanceof PimsyncError)) throw error;
    }
  }
}
