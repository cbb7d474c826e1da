import { type Block, isLeaf, readBlocks, valueIn } from '../core/block.ts';
import type { ItemKind } from '../core/item.ts';
import { isNeeded } from '../core/merge-zone.ts';
import { ended } from '../core/raw-lines.ts';
import type { Finding, Hopeless } from './finding.ts';
import { groupMains, type Main } from './group-mains.ts';
import { isMain, uidsOf, withUid } from './main-components.ts';

/** An item by itself: what belongs under one UID, or under none yet. */
export interface Unit {
  readonly uid: string | undefined;
  readonly text: string;
}

export interface Apart {
  /** At least one; a single one is the whole text. */
  readonly units: readonly Unit[];
  readonly findings: readonly Finding[];
}

/** Finds the items in a whole text. A server takes one to a resource (RFC 4791, 4.1; RFC 6352, 5.1), and a vdir one to a file. */
export function takeApart(kind: ItemKind, text: string): Apart | Hopeless {
  const { blocks } = readBlocks(text);
  const torn = blocks.flatMap((block) => (block.name === 'VCARD' ? [block] : block.components)).map(uidsOf);
  const several = torn.find((uids) => uids.length > 1);
  if (several) return { reason: `one of its components has several UIDs: ${several.join(', ')}` };
  return kind === 'contact' ? takeCardsApart(text, blocks) : takeCalendarsApart(text, blocks);
}

function takeCardsApart(text: string, cards: readonly Block[]): Apart {
  const isOne = cards.length === 1;
  const units = cards.map((card) => ({ uid: uidsOf(card)[0], text: isOne ? text : ended(card.raw) }));
  return { units, findings: isOne ? [] : [{ fault: 'several-items', count: cards.length }] };
}

function takeCalendarsApart(text: string, calendars: readonly Block[]): Apart | Hopeless {
  const strangers = calendars.flatMap(({ components }) => components.filter(isStranger));
  const mains = calendars.flatMap((calendar) => calendar.components.filter(isMain).map(toMain(calendar)));
  if (mains.length === 0) return { reason: emptyReason(strangers) };
  const groups = groupMains(mains);
  if ('reason' in groups) return groups;
  const isWhole = groups.length === 1 && calendars.length === 1;
  if (!isWhole && strangers.length > 0)
    return { reason: `it has several items in it, and nothing tells which ${namesOf(strangers)} belongs to` };
  const findings: Finding[] = [];
  if (groups.length > 1) findings.push({ fault: 'several-items', count: groups.length });
  else if (!isWhole) findings.push({ fault: 'several-calendars' });
  const units = groups.map((group) => {
    const uid = group.find((main) => main.uid !== undefined)?.uid;
    const own = isWhole ? text : assemble(group);
    if (uid === undefined || group.every((main) => main.uid !== undefined)) return { uid, text: own };
    findings.push({ fault: 'no-uid' });
    return { uid, text: withUid(own, uid) };
  });
  return { units, findings };
}

const isStranger = (block: Block): boolean => !isMain(block) && block.name !== 'VTIMEZONE';

const toMain =
  (calendar: Block) =>
  (block: Block): Main => ({
    calendar,
    block,
    uid: uidsOf(block)[0],
    isOverride: valueIn(block, 'RECURRENCE-ID') !== undefined,
  });

const emptyReason = (strangers: readonly Block[]): string =>
  strangers.length === 0
    ? 'there is no event, to-do or journal entry in it'
    : `${namesOf(strangers)} is no component that pimsync knows`;

const namesOf = (blocks: readonly Block[]): string => [...new Set(blocks.map(({ name }) => name))].join(', ');

/** A calendar of its own for some components, with the lines of theirs and the time zones they need. */
function assemble(group: readonly Main[]): string {
  const [first] = group;
  if (!first) throw new RangeError('an item has at least one component');
  const { begin, children, end } = first.calendar;
  const bodies = group.map(({ block }) => block.raw);
  const zones = zonesFor(group, bodies.join(''));
  const own = children.filter(isLeaf).map(({ raw }) => raw);
  return [begin, ...own, ...zones, ...bodies, ended(end)].join('');
}

function zonesFor(group: readonly Main[], text: string): string[] {
  const needed = new Map<string, string>();
  for (const calendar of new Set(group.map((main) => main.calendar))) {
    for (const zone of calendar.components) {
      const name = valueIn(zone, 'TZID') ?? '';
      if (zone.name === 'VTIMEZONE' && !needed.has(name) && isNeeded(zone, text)) needed.set(name, zone.raw);
    }
  }
  return [...needed.values()];
}
