import { AlreadyExistsError, PimsyncError, RefusedError } from '../core/errors.ts';
import type { ContentHash, Item } from '../core/item.ts';
import type { Collection, Fetched, Href, ItemRef, WriteResult } from '../core/storage.ts';

export interface NewText {
  readonly item: Item;
  /** Its UID was made up just now. */
  readonly hasNewUid: boolean;
}

export interface Rewriting {
  readonly ref: ItemRef;
  /** Of what is there. */
  readonly hash: ContentHash;
  /** What becomes of it; the first of them stays in its place. At least one. */
  readonly texts: readonly NewText[];
  /** None of them stays: they all get names of their own. */
  readonly moves: boolean;
}

/**
 * Puts items in the place of one. The old text stays where it is until the last step, so whatever fails costs nothing; what was
 * written by then is taken back, if the old text is certain to be there still.
 * @throws PreconditionFailedError when it was changed meanwhile; PimsyncError; the signal's reason
 */
export async function rewriteItem(
  collection: Collection,
  rewriting: Rewriting,
  signal?: AbortSignal,
): Promise<void> {
  const { ref, texts, moves } = rewriting;
  const created = new Created(collection);
  let last: Last = 'none';
  try {
    const [first, ...rest] = texts;
    for (const { item } of moves ? texts : rest) await created.add(item, signal);
    last = 'update';
    if (!moves && first && (await updateText(collection, ref, first, signal))) return;
    last = 'none';
    if (!moves && first) await created.add(first.item, signal);
    last = 'remove';
    await collection.remove(ref, signal);
  } catch (error) {
    if (await isUndone(collection, rewriting, last)) await created.takeBack();
    throw error;
  }
}

/** The step that replaced the old text, if it came to that. */
type Last = 'none' | 'update' | 'remove';

/** @returns `false` when the item cannot stay: Radicale 3.1 and Cyrus 3.6 take no other UID in its place */
async function updateText(
  collection: Collection,
  ref: ItemRef,
  { item, hasNewUid }: NewText,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await collection.update(ref, item, signal);
    return true;
  } catch (error) {
    if (hasNewUid && (error instanceof RefusedError || error instanceof AlreadyExistsError)) return false;
    throw error;
  }
}

/** A step whose answer got lost may have been done, and then the new items are all that there is. */
async function isUndone(collection: Collection, { ref, hash }: Rewriting, last: Last): Promise<boolean> {
  if (last === 'none') return true;
  const there = await tryFetch(collection, ref.href);
  return there?.type === 'item' && (last === 'remove' || there.item.hash === hash);
}

/** What was created on the way. */
class Created {
  readonly #collection: Collection;
  readonly #items: (WriteResult & { readonly item: Item })[] = [];

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  async add(item: Item, signal?: AbortSignal): Promise<void> {
    this.#items.push({ item, ...(await this.#collection.create(item, {}, signal)) });
  }

  /** What cannot be taken back is a copy, and found as one by the next repair; so is what somebody else has got hold of. */
  async takeBack(): Promise<void> {
    for (const { href, etag, item } of this.#items) {
      const there = await tryFetch(this.#collection, href);
      if (there?.type !== 'item') continue;
      const isOurs = etag === undefined || etag === there.etag || there.item.hash === item.hash;
      if (isOurs) await orNothing(this.#collection.remove(there));
    }
  }
}

async function tryFetch(collection: Collection, href: Href): Promise<Fetched | undefined> {
  const read = async (): Promise<Fetched | undefined> => {
    for await (const fetched of collection.fetch([href])) return fetched;
    return undefined;
  };
  return orNothing(read());
}

/** For what is only tried. */
async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof PimsyncError) return undefined;
    throw error;
  }
}
