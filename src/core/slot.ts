/** Something in the last common version and in the two that came of it. */
export interface Triple<T> {
  readonly base: T;
  readonly a: T;
  readonly b: T;
}

export const VERSIONS = ['base', 'a', 'b'] as const;

/** Something that both sides have, and the last common version perhaps. */
export interface Versions<T> extends Triple<T | undefined> {
  readonly a: T;
  readonly b: T;
}

export const mapVersions = <T, R>({ base, a, b }: Versions<T>, read: (version: T) => R): Versions<R> => ({
  base: base === undefined ? undefined : read(base),
  a: read(a),
  b: read(b),
});

/** What the three versions hold in one place; absent where a version has nothing there. */
export interface Slot<T> extends Triple<T | undefined> {
  /**
   * An entry of a or b has this place only because it is new where one of the base is gone: it may be that one edited, or
   * another one. So it conflicts with an edit of the other side, and outlives a removal.
   */
  readonly guessed: 'on none' | 'on one' | 'on both';
}

/** Who changed something: nobody, or both alike (`none`), one side, or each in its own way (`both`). */
export function whoChanged({ base, a, b }: Triple<string | undefined>): 'none' | 'a' | 'b' | 'both' {
  if (a === b) return 'none';
  if (a === base) return 'b';
  return b === base ? 'a' : 'both';
}

/** Names an entry for the comparison with those of another version; `undefined` when it has no such name. */
export type Key<T> = (entry: T, at: 'left' | 'right') => string | undefined;

/**
 * Finds for each entry its counterparts in the other versions, by the first key that tells; entries alike go in order.
 * What is left is new or gone. With `guess`, what is new takes the places of what is gone, in order.
 */
export function matchUp<T extends object>(
  { base, a, b }: Triple<readonly T[]>,
  keys: readonly Key<T>[],
  guess = false,
): Slot<T>[] {
  const inA = pairUp(base, a, keys);
  const inB = pairUp(base, b, keys);
  const newInA = without(a, inA.values());
  const newInB = without(b, inB.values());
  const twins = pairUp(newInA, newInB, keys);
  const none = { base: undefined, a: undefined, b: undefined, guessed: 'on none' } as const;
  const added: Slot<T>[] = sortedTwins(twins, keys).map(([a, b]) => ({
    base: undefined,
    a,
    b,
    guessed: 'on none',
  }));
  for (const a of without(newInA, twins.keys())) added.push({ ...none, a });
  for (const b of without(newInB, twins.values())) added.push({ ...none, b });
  const kept: Slot<T>[] = base.map((entry) => ({
    base: entry,
    a: inA.get(entry),
    b: inB.get(entry),
    guessed: 'on none',
  }));
  return guess ? fillGaps(kept, added) : [...kept, ...added];
}

function pairUp<T extends object>(
  left: readonly T[],
  right: readonly T[],
  keys: readonly Key<T>[],
): Map<T, T> {
  const pairs = new Map<T, T>();
  const taken = new Set<T>();
  for (const key of keys) {
    const waiting = queues(
      right.filter((entry) => !taken.has(entry)),
      key,
    );
    for (const entry of left) {
      const name = pairs.has(entry) ? undefined : key(entry, 'left');
      const found = name === undefined ? undefined : waiting.get(name)?.shift();
      if (found === undefined) continue;
      pairs.set(entry, found);
      taken.add(found);
    }
  }
  return pairs;
}

function queues<T>(entries: readonly T[], key: Key<T>): Map<string, T[]> {
  const byName = new Map<string, T[]>();
  for (const entry of entries) {
    const name = key(entry, 'right');
    if (name === undefined) continue;
    const queue = byName.get(name);
    if (queue) queue.push(entry);
    else byName.set(name, [entry]);
  }
  return byName;
}

/** In an order that does not depend on which side is called a. */
const sortedTwins = <T extends object>(twins: ReadonlyMap<T, T>, keys: readonly Key<T>[]): [T, T][] => {
  const nameOf = (entry: T): string =>
    keys
      .map((key) => key(entry, 'left') ?? '')
      .toSorted()
      .join('\n');
  const inWords = ([a, b]: [T, T]): string => [nameOf(a), nameOf(b)].toSorted().join('\n');
  return [...twins].toSorted((one, other) => (inWords(one) < inWords(other) ? -1 : 1));
};

/** What both sides added alike takes the places that both left; then each side's own take those that it left. */
function fillGaps<T extends object>(kept: readonly Slot<T>[], added: readonly Slot<T>[]): Slot<T>[] {
  const twins = added.filter(({ a, b }) => a && b);
  const onlyA = added.filter(({ a, b }) => a && !b);
  const onlyB = added.filter(({ a, b }) => b && !a);
  const withTwins = kept.map((slot): Slot<T> => {
    const twin = slot.a || slot.b ? undefined : twins.shift();
    return twin ? { base: slot.base, a: twin.a, b: twin.b, guessed: 'on both' } : slot;
  });
  const newInA = takePlaces(
    withTwins.filter(({ a }) => !a),
    onlyA.flatMap(({ a }) => a ?? []),
  );
  const newInB = takePlaces(
    withTwins.filter(({ b }) => !b),
    onlyB.flatMap(({ b }) => b ?? []),
  );
  const filled = withTwins.map((slot): Slot<T> => {
    const [a, b] = [slot.a ?? newInA.get(slot), slot.b ?? newInB.get(slot)];
    if (a === slot.a && b === slot.b) return slot;
    return { base: slot.base, a, b, guessed: a === slot.a || b === slot.b ? 'on one' : 'on both' };
  });
  return [...filled, ...twins, ...onlyA.slice(newInA.size), ...onlyB.slice(newInB.size)];
}

/** First the places of what the other side still has: what is gone from both needs no edit to explain it. */
function takePlaces<T>(gaps: readonly Slot<T>[], entries: readonly T[]): Map<Slot<T>, T> {
  const isLeft = ({ a, b }: Slot<T>): boolean => Boolean(a ?? b);
  const inOrder = [...gaps.filter(isLeft), ...gaps.filter((gap) => !isLeft(gap))];
  return new Map(
    inOrder.slice(0, entries.length).flatMap((gap, at) => {
      const entry = entries[at];
      return entry === undefined ? [] : [[gap, entry]];
    }),
  );
}

function without<T>(entries: readonly T[], taken: Iterable<T>): T[] {
  const gone = new Set(taken);
  return entries.filter((entry) => !gone.has(entry));
}

/** What something is called: as in the base, else the same whichever side is called a. */
export function named<T>(slot: Triple<T | undefined>, nameOf: (entry: T) => string): string {
  if (slot.base !== undefined) return nameOf(slot.base);
  const [name = ''] = [slot.a, slot.b]
    .filter((entry) => entry !== undefined)
    .map(nameOf)
    .toSorted();
  return name;
}

/** What is there, the base's first. */
export const presentIn = <T>({ base, a, b }: Slot<T>): T[] =>
  [base, a, b].filter((entry) => entry !== undefined);
