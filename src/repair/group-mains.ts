import type { Block } from '../core/block.ts';
import type { Hopeless } from './finding.ts';

/** An event, to-do or journal entry of a calendar, or an override of one. */
export interface Main {
  readonly calendar: Block;
  readonly block: Block;
  readonly uid: string | undefined;
  /** It has a RECURRENCE-ID, so it belongs to another one. */
  readonly isOverride: boolean;
}

/**
 * Puts together what is one item: an event with its overrides, in the order of the text. Two events with one UID are two items; an
 * override without UID belongs to the only event there is.
 */
export function groupMains(mains: readonly Main[]): Main[][] | Hopeless {
  const groups: Main[][] = [];
  for (const family of familiesOf(mains)) {
    const masters = family.filter(({ isOverride }) => !isOverride);
    if (masters.length <= 1) groups.push(family);
    else if (masters.length === family.length) groups.push(...masters.map((master) => [master]));
    else return { reason: unclear(family) };
  }
  const orphans = mains.filter(isOrphan);
  for (const name of new Set(orphans.map(({ block }) => block.name))) {
    const own = orphans.filter(({ block }) => block.name === name);
    const [home, ...others] = groups.filter(([first]) => first?.block.name === name);
    if (others.length > 0) return { reason: unclear(own) };
    if (home) home.push(...own);
    else groups.push(own);
  }
  return groups;
}

/** What has one UID and is of one kind; what has none stands alone. */
function familiesOf(mains: readonly Main[]): Main[][] {
  const named = new Map<string, Main[]>();
  const families: Main[][] = [];
  for (const main of mains) {
    const key = `${main.block.name} ${main.uid}`;
    const known = main.uid === undefined ? undefined : named.get(key);
    if (isOrphan(main)) continue;
    if (known) known.push(main);
    else {
      const family = [main];
      families.push(family);
      if (main.uid !== undefined) named.set(key, family);
    }
  }
  return families;
}

const isOrphan = ({ uid, isOverride }: Main): boolean => uid === undefined && isOverride;

const unclear = ([main]: readonly Main[]): string =>
  `it has several items of kind ${main?.block.name ?? ''} in it, and nothing tells which of them an override belongs to`;
