import { nameAt } from '../core/item-name.ts';
import type { ContentHash } from '../core/item.ts';
import type { Href, ItemRef } from '../core/storage.ts';
import type { Finding, KeepsBecause } from './finding.ts';
import { isSafeName, isSafeUid } from './safe.ts';

/** What a person recognises an item by. */
export interface Label {
  readonly title: string | undefined;
  readonly start: string | undefined;
  readonly uid: string | undefined;
}

/** An item in a stored text, without the text. */
export interface Mark {
  readonly uid: string | undefined;
  readonly hash: ContentHash;
}

/** A stored text, without the text. */
export interface Examined extends ItemRef {
  readonly label: Label;
  readonly findings: readonly Finding[];
  /** The items in it. */
  readonly marks: readonly Mark[];
}

/** What becomes of one of the items in a text. */
export type Fate =
  | { readonly type: 'keep' }
  | { readonly type: 'new uid' }
  /** The same is at `kept`. */
  | { readonly type: 'drop'; readonly kept: Href };

export interface Repair {
  readonly item: Examined;
  readonly findings: readonly Finding[];
  /** One for each of `item.marks`. All `drop`: the text is removed. */
  readonly fates: readonly Fate[];
  /** It is to have another name as well. */
  readonly moves: boolean;
}

export interface Plan {
  /** In the order in which they are safe: what goes because it is elsewhere comes before anything is rewritten there. */
  readonly repairs: readonly Repair[];
  /** How many UIDs and names make trouble elsewhere, and are left because nobody asked. */
  readonly unsafe: number;
}

export interface PlanOptions {
  readonly unsafeUids: boolean;
}

interface Place {
  readonly item: Examined;
  readonly mark: Mark;
}

interface Verdict {
  readonly fate: Fate;
  readonly finding: Finding | undefined;
}

/** Decides what would put everything in a collection right. Pure; what is not in `repairs` is left as it is. */
export function planRepairs(examined: readonly Examined[], { unsafeUids }: PlanOptions): Plan {
  const verdicts = judgeAll(examined);
  const repairs: Repair[] = [];
  let unsafe = 0;
  for (const item of examined) {
    const judged = item.marks.map((mark) => verdicts.get(mark) ?? KEEP);
    const trouble = unsafeIn(item, judged);
    if (trouble && !unsafeUids) unsafe += 1;
    const renamed = trouble && unsafeUids ? judged.map(({ fate }) => renamedFor(trouble, fate)) : judged;
    const fates = renamed.map(({ fate }) => fate);
    const findings = distinct([
      // Nobody mends what goes.
      ...(isRemoval(fates) ? [] : item.findings),
      ...[...judged, ...renamed].flatMap(({ finding }) => finding ?? []),
    ]);
    if (findings.length > 0) repairs.push({ item, findings, fates, moves: renamed !== judged });
  }
  return { repairs: repairs.toSorted((one, other) => turnOf(one) - turnOf(other)), unsafe };
}

const KEEP: Verdict = { fate: { type: 'keep' }, finding: undefined };

function judgeAll(examined: readonly Examined[]): ReadonlyMap<Mark, Verdict> {
  const groups = new Map<string, Place[]>();
  for (const item of examined) {
    for (const mark of item.marks) {
      // Without UID only the same content is the same item.
      const key = mark.uid === undefined ? `#${mark.hash}` : `UID ${mark.uid}`;
      const group = groups.get(key);
      if (group) group.push({ item, mark });
      else groups.set(key, [{ item, mark }]);
    }
  }
  const verdicts = new Map<Mark, Verdict>();
  for (const group of groups.values()) judgeGroup(group, verdicts);
  return verdicts;
}

/** Of items with one UID the best one keeps it; each other content gets a UID of its own, and is kept once. */
function judgeGroup(group: readonly Place[], verdicts: Map<Mark, Verdict>): void {
  const [keeper, ...others] = group.toSorted(byPrecedence);
  if (!keeper) return;
  const places = new Map<ContentHash, Place>([[keeper.mark.hash, keeper]]);
  if (keeper.mark.uid === undefined)
    verdicts.set(keeper.mark, { fate: { type: 'new uid' }, finding: { fault: 'no-uid' } });
  for (const place of others) {
    const { mark, item } = place;
    const same = places.get(mark.hash);
    if (same) {
      const kept = same.item.href;
      const finding = { fault: 'copy', of: kept, inside: item.marks.length > 1 } as const;
      verdicts.set(mark, { fate: { type: 'drop', kept }, finding });
    } else {
      places.set(mark.hash, place);
      const because = reasonFor(keeper, place);
      const finding = { fault: 'duplicate-uid', keeper: keeper.item.href, because } as const;
      verdicts.set(mark, { fate: { type: 'new uid' }, finding });
    }
  }
}

const isSound = ({ item }: Place): boolean => item.findings.length === 0;
/** Programs name files after the UID; a copy that somebody made by hand has another name. */
const isNamed = ({ item, mark }: Place): boolean => nameAt(item.href)?.replace(/\.[^.]*$/, '') === mark.uid;

function byPrecedence(one: Place, other: Place): number {
  if (isSound(one) !== isSound(other)) return isSound(one) ? -1 : 1;
  if (isNamed(one) !== isNamed(other)) return isNamed(one) ? -1 : 1;
  return one.item.href < other.item.href ? -1 : 1;
}

function reasonFor(keeper: Place, other: Place): KeepsBecause {
  if (isSound(keeper) !== isSound(other)) return 'sound';
  return isNamed(keeper) === isNamed(other) ? 'first' : 'named';
}

type Trouble = 'unsafe-uid' | 'unsafe-name';

/** Only what stays under its UID and name can be trouble. */
function unsafeIn({ href, marks }: Examined, judged: readonly Verdict[]): Trouble | undefined {
  if (isRemoval(judged.map(({ fate }) => fate))) return undefined;
  const stays = marks.filter((_, at) => judged[at]?.fate.type === 'keep');
  if (stays.some(({ uid }) => uid !== undefined && !isSafeUid(uid))) return 'unsafe-uid';
  return isSafeName(href) ? undefined : 'unsafe-name';
}

/** A new name goes with a new UID: the old item has to be there until the new one is, and servers take a UID only once. */
const renamedFor = (trouble: Trouble, fate: Fate): Verdict => ({
  fate: fate.type === 'drop' ? fate : { type: 'new uid' },
  finding: { fault: trouble },
});

/** Each fault is told once, but where it is about another item. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

/** Everything in the text is elsewhere too. */
export const isRemoval = (fates: readonly Fate[]): boolean => fates.every(({ type }) => type === 'drop');

function turnOf({ fates }: Repair): number {
  if (isRemoval(fates)) return 0;
  return fates.some(({ type }) => type === 'drop') ? 1 : 2;
}
