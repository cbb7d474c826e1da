import type { Item } from '../core/item.ts';
import type { Side } from '../core/status.ts';
import type { Collection, Href } from '../core/storage.ts';
import type { TextPool } from './text-pool.ts';

export interface TextSources {
  readonly collections: Readonly<Record<Side, Collection>>;
  readonly pool: TextPool;
  readonly signal: AbortSignal | undefined;
}

/** What is at a place: from memory, else fetched. `undefined`: nothing that can be read. */
export async function readText(
  side: Side,
  href: Href,
  { pool, collections, signal }: TextSources,
): Promise<Item | undefined> {
  const held = pool.get(side, href);
  if (held) return held;
  for await (const fetched of collections[side].fetch([href], signal))
    if (fetched.type === 'item') return fetched.item;
  return undefined;
}
