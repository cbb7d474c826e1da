import type { Leaf } from './block.ts';
import { NOISE } from './canonical.ts';
import { pickText, writeLine } from './merge-line.ts';
import { mapVersions, type Slot, type Versions, whoChanged } from './slot.ts';

/**
 * Which of two versions stands where both sides have one. RFC 5545, 3.8.7: SEQUENCE only grows, DTSTAMP and LAST-MODIFIED
 * tell of the last change, CREATED of the first; RFC 6350, 6.7.4: REV of the last; RFC 9074, 6.1: ACKNOWLEDGED of the last.
 * Thunderbird counts in X-MOZ-GENERATION and acknowledges in X-MOZ-LASTACK.
 */
const RULES: ReadonlyMap<string, (versions: Versions<Leaf>) => string> = new Map([
  ['SEQUENCE', nextSequence],
  ['X-MOZ-GENERATION', nextSequence],
  ['DTSTAMP', latest],
  ['LAST-MODIFIED', latest],
  ['REV', latest],
  ['ACKNOWLEDGED', latestChange],
  ['X-MOZ-LASTACK', latestChange],
  ['CREATED', earliest],
]);

const ALARM_IDENTITY: ReadonlySet<string> = new Set(['UID', 'X-WR-ALARMUID']);

/** A program writes it on its own, so two versions of it are no conflict. */
export const isMachineMade = (name: string, component: string): boolean =>
  RULES.has(name) || NOISE.has(name) || (component === 'VALARM' && ALARM_IDENTITY.has(name));

/** The line as it has to be in the merged text; empty where it is gone. */
export function mergeMachineLine(name: string, { base, a, b }: Slot<Leaf>): string {
  if (a && b) {
    if (a.canon === b.canon) return pickText({ base: base?.raw, a: a.raw, b: b.raw });
    return (RULES.get(name) ?? changed)({ base, a, b });
  }
  const left = a ?? b;
  return left && left.canon !== base?.canon ? left.raw : '';
}

/** PRODID and the like: of the side that wrote another one; where both did, the one that sorts last. */
function changed(versions: Versions<Leaf>): string {
  return changedOr(versions, ({ a, b }) => last([a, b], ({ canon }) => canon));
}

/** A person can take it back. */
function latestChange(versions: Versions<Leaf>): string {
  return changedOr(versions, latest);
}

function changedOr(versions: Versions<Leaf>, choose: (versions: Versions<Leaf>) => string): string {
  const side = whoChanged(mapVersions(versions, ({ canon }) => canon));
  return side === 'a' || side === 'b' ? versions[side].raw : choose(versions);
}

function latest({ a, b }: Versions<Leaf>): string {
  return last([a, b], momentOf);
}

function earliest({ base, a, b }: Versions<Leaf>): string {
  const sides = [a, b].filter((leaf) =>
    [base, a, b].every((other) => !other || momentOf(leaf) <= momentOf(other)),
  );
  const [one, other] = sides;
  if (one && other) return last([one, other], momentOf);
  return (one ?? base ?? a).raw;
}

/** The higher one; above that of the base where both sides counted on from it, as theirs is one revision more. */
function nextSequence({ base, a, b }: Versions<Leaf>): string {
  const highest = last([a, b], (leaf) => String(numberIn(leaf)).padStart(20, '0'));
  if (!base || whoChanged({ base: base.canon, a: a.canon, b: b.canon }) !== 'both') return highest;
  const least = numberIn(base) + 1;
  if (Math.max(numberIn(a), numberIn(b)) >= least) return highest;
  const head = base.content.slice(0, base.content.length - base.line.value.length);
  return writeLine(head + String(least), base.raw);
}

const numberIn = ({ line }: Leaf): number => {
  const count = Number(line.value);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
};

/** Sorts like the moment, with and without the separators that vCard allows (RFC 6350, 4.3). */
const momentOf = ({ line }: Leaf): string => line.value.replaceAll(/\D/g, '').padEnd(14, '0');

/** The one that sorts last, by its bytes where both sort alike. */
function last([one, other]: readonly [Leaf, Leaf], order: (leaf: Leaf) => string): string {
  if (order(one) === order(other)) return one.raw > other.raw ? one.raw : other.raw;
  return order(one) > order(other) ? one.raw : other.raw;
}
