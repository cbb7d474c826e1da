import { type Item, type ItemKind, parseItem } from '../core/item.ts';
import { uidFrom, withUid } from '../core/new-uid.ts';
import type { StatusStore } from '../core/status.ts';
import type { Action, Conflict, Split, Update } from './action.ts';

export interface KeepBothInput {
  readonly conflict: Conflict;
  /** What side b has. */
  readonly text: string;
  readonly kind: ItemKind;
  readonly status: StatusStore;
  /** All that is planned for the collection. */
  readonly actions: readonly Action[];
}

/**
 * Both versions live on, side b's as an item of its own. Its UID is made of the two versions, so that a run which repeats one that was
 * killed half way finds the copy that this had made. Pure.
 */
export function keepBoth({
  conflict,
  text,
  kind,
  status,
  actions,
}: KeepBothInput): Split | Update | Conflict {
  const { ident, a, b } = conflict;
  for (let number = 0; ; number += 1) {
    const renamed = withUid(kind, text, uidFrom([ident, a.hash, b.hash, number].join('\n')));
    if (renamed === undefined)
      return { ...conflict, about: ['side b has a damaged text, which cannot be given another UID'] };
    const copy = parseItem(kind, renamed);
    const there = contentOf(copy, status, actions);
    if (there === undefined) return { type: 'split', ident, a, b, copy };
    if (there === copy.hash) return { type: 'update', on: 'b', ident, source: a, target: b };
    // Somebody has edited or deleted that copy since, so it does not stand for what side b has now.
  }
}

/** What is there under that UID: in step, or new and about to be taken over. Empty where it is about to become something else. */
function contentOf({ ident }: Item, status: StatusStore, actions: readonly Action[]): string | undefined {
  const planned = actions.find((action) => action.ident === ident);
  if (planned) return 'source' in planned ? planned.source.hash : '';
  return status.get(ident)?.b.hash;
}
