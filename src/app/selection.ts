import { UsageError } from '../core/errors.ts';

/** Which pairs to synchronise; for each, which of its collections (undefined: all). In the order of the configuration. */
export type Selection = ReadonlyMap<string, ReadonlySet<string> | undefined>;

/**
 * Reads `PAIR` and `PAIR/COLLECTION` words; none at all means every pair. Whether the collection exists only the storages know.
 * @throws UsageError naming an unknown pair and the ones there are
 */
export function parseSelection(words: readonly string[], pairs: readonly string[]): Selection {
  if (words.length === 0) return new Map(pairs.map((name) => [name, undefined]));
  const chosen = new Map<string, Set<string> | undefined>();
  for (const word of words) {
    const { pair, collection } = splitWord(word, pairs);
    const already = chosen.get(pair);
    if (collection === undefined) chosen.set(pair, undefined);
    else if (!chosen.has(pair)) chosen.set(pair, new Set([collection]));
    else already?.add(collection);
  }
  return new Map([...chosen].toSorted(([left], [right]) => pairs.indexOf(left) - pairs.indexOf(right)));
}

/** What the pair of a mounted storage and its cache is called; no configured pair can have a colon in its name. */
export const mountPairName = (storage: string): string => `mount:${storage}`;

function splitWord(word: string, pairs: readonly string[]): { pair: string; collection: string | undefined } {
  if (pairs.includes(word)) return { pair: word, collection: undefined };
  const slash = word.indexOf('/');
  const name = slash === -1 ? word : word.slice(0, slash);
  // In the mount, people name things as they see them there.
  const pair = !pairs.includes(name) && pairs.includes(mountPairName(name)) ? mountPairName(name) : name;
  const collection = slash === -1 ? undefined : word.slice(slash + 1);
  if (!pairs.includes(pair)) {
    const known = pairs.length === 0 ? 'none is configured' : `there are: ${pairs.join(', ')}`;
    throw new UsageError(`there is no pair "${pair}"; ${known}`);
  }
  if (collection === '') throw new UsageError(`"${word}" names no collection; write ${pair}/COLLECTION`);
  return { pair, collection };
}
