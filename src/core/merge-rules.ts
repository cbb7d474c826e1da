import { type Block, type Leaf, valueIn } from './block.ts';
import type { Component } from './component.ts';
import type { ItemKind } from './item.ts';
import type { Key } from './slot.ts';

/** Lines of these hold lists of values, each of which is there or not (RFC 5545, 3.8; RFC 6350, 6.2.3 and 6.7.1). */
const LISTS = words('CATEGORIES RESOURCES EXDATE RDATE FREEBUSY NICKNAME');

/**
 * Properties that stand several times in a component and are told apart by their values. What may be there several times
 * by the RFCs, but by custom is not (NOTE, FN, ORG, PHOTO ...), is not among them: two new ones are a conflict.
 */
const MANIFOLD: Readonly<Record<ItemKind, ReadonlySet<string>>> = {
  calendar: words(
    'ATTACH COMMENT CONTACT RELATED-TO REQUEST-STATUS',
    'CONFERENCE IMAGE LINK CONCEPT REFID STRUCTURED-DATA',
  ),
  contact: words(
    'TEL EMAIL ADR LABEL URL IMPP LANG RELATED MEMBER KEY SOURCE SOUND CALURI CALADRURI FBURL CLIENTPIDMAP',
    'HOBBY INTEREST EXPERTISE SOCIALPROFILE X-SOCIALPROFILE X-ABDATE X-ABRELATEDNAMES X-ADDRESSBOOKSERVER-MEMBER',
  ),
};

function words(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.join(' ').split(' '));
}

/** How the lines of one property find their counterparts in the other versions. */
export interface LineRule {
  /**
   * `list`: the lines hold lists. `alone`: there is but one. `entries`: the keys tell for sure. `manifold`: an edited value
   * makes another key. `unknown`: several of a property that should be alone, or that nobody knows.
   */
  readonly type: 'list' | 'alone' | 'entries' | 'manifold' | 'unknown';
  readonly keys: readonly Key<Leaf>[];
}

/** @param most how many lines of that name a version has at most */
export function lineRule(kind: ItemKind, name: string, most: number): LineRule {
  const bare = name.slice(name.lastIndexOf('.') + 1);
  if (LISTS.has(bare)) return { type: 'list', keys: [canonOf] };
  if (bare === 'ATTENDEE') return { type: 'entries', keys: [canonOf, addressOf] };
  if (MANIFOLD[kind].has(name)) return { type: 'manifold', keys: BY_VALUE };
  return most <= 1 ? { type: 'alone', keys: [() => name] } : { type: 'unknown', keys: BY_VALUE };
}

const canonOf = ({ canon }: Leaf | Block): string => canon;
const addressOf = ({ line }: Leaf): string => line.value.trim().toLowerCase();

/** By value, else by what vCard 4 names the same property with across edits (RFC 6350, 5.4, 5.5 and 7). */
const BY_VALUE: readonly Key<Leaf>[] = [
  canonOf,
  ({ line }) => line.value,
  ({ line }) => line.params.find((param) => param.startsWith('PID=')),
  ({ line }) => {
    const named = line.params.filter((param) => /^(ALTID|LANGUAGE)=/.test(param));
    return named.some((param) => param.startsWith('ALTID=')) ? named.toSorted().join(';') : undefined;
  },
];

/** A component that the item is made of; time zones only serve it. */
export const isMain = (parent: Component, name: string): boolean =>
  parent.name === 'VCALENDAR' && name.startsWith('V') && name !== 'VTIMEZONE';

/** What tells the components of one kind apart, beside their kind. */
export function blockKeys(name: string, isMain: boolean): readonly Key<Block>[] {
  if (isMain) return [recurrenceOf];
  if (name === 'VTIMEZONE') return [(zone) => valueIn(zone, 'TZID')];
  return [canonOf, ownIdOf, ...likenessKeys];
}

/** The occurrence that an override stands for; empty for the series itself. */
export function recurrenceOf({ lines }: Block): string {
  const line = lines.find(({ name }) => name === 'RECURRENCE-ID');
  const zone = line?.params.find((param) => param.startsWith('TZID='));
  return line ? `${line.value.trim()}${zone ? ` ${zone.slice(5)}` : ''}` : '';
}

const ownIdOf = (block: Block): string | undefined =>
  valueIn(block, 'UID') ?? valueIn(block, 'X-WR-ALARMUID');

/** Alarms of which one at least has no identity are the same when they ring at the same time in the same way. */
const likenessKeys: readonly Key<Block>[] = (['left', 'right'] as const).map((nameless) => (block, at) => {
  if (block.name !== 'VALARM' || (at === nameless && ownIdOf(block) !== undefined)) return undefined;
  return JSON.stringify([valueIn(block, 'TRIGGER'), valueIn(block, 'ACTION')]);
});
