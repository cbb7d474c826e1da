import { EXTENSION, isItemName } from '../core/item-name.ts';
import type { ItemKind } from '../core/item.ts';
import { STAGED_PREFIX } from './file-tree.ts';

/** libfuse's name for a file that is open and has none any more. */
export const FUSE_HIDDEN_PREFIX = '.fuse_hidden';

/**
 * Whether a listing shows a name. Scratch with an item's extension is there and not shown: khal and todoman would take it for an
 * item (docs/facts.md, F17). @param kind of the collection whose directory it is in; undefined: in another one
 */
export function isListedName(kind: ItemKind | undefined, name: string): boolean {
  // Only names that begin so can be hidden ones; a look at one character spares the rest the other tests.
  if (!name.startsWith('.') && !name.startsWith('#')) return true;
  if (name.startsWith(STAGED_PREFIX) || name.startsWith(FUSE_HIDDEN_PREFIX)) return false;
  return kind === undefined || !name.endsWith(EXTENSION[kind]) || isItemName(kind, name);
}
