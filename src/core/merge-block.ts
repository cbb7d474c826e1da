import { type Block, isLeaf, type Leaf, valueIn } from './block.ts';
import { occurrenceFaults, spanFaults } from './merge-checks.ts';
import { groupFaults } from './merge-groups.ts';
import { pickText } from './merge-line.ts';
import { type MergeContext, mergeLines } from './merge-lines.ts';
import { arrange, type Placed } from './merge-order.ts';
import { blockKeys, isMain, recurrenceOf } from './merge-rules.ts';
import {
  VERSIONS,
  mapVersions,
  matchUp,
  named,
  presentIn,
  whoChanged,
  type Slot,
  type Triple,
  type Versions,
} from './slot.ts';
import { isNeeded, mergeZone } from './merge-zone.ts';

/** Joins two versions of a component; what both sides changed goes to `context.about`, and then the text is worth nothing. */
export function mergeBlock(versions: Versions<Block>, context: MergeContext): string {
  const side = whoChanged(mapVersions(versions, ({ raw }) => raw));
  if (side !== 'both') return versions[side === 'none' ? 'a' : side].raw;
  const lines = mergeLeaves(versions, context);
  const components = mergeComponents(versions, lines, context);
  const begin = pickText(mapVersions(versions, ({ begin }) => begin));
  const end = pickText(mapVersions(versions, ({ end }) => end));
  return begin + arrange(versions, [...lines, ...components]) + end;
}

function mergeLeaves(versions: Versions<Block>, context: MergeContext): Placed[] {
  const byName = families(versions, leavesOf, ({ line }) => line.name);
  const placed = new Map(
    [...byName].map(([name, lines]) => [
      name,
      mergeLines(name, lines, { ...context, component: versions.a.name }),
    ]),
  );
  const textOf = (name: string): string => (placed.get(name) ?? []).map(({ text }) => text).join('');
  const faults =
    context.kind === 'contact'
      ? groupFaults(versions)
      : [...spanFaults(versions, textOf), ...occurrenceFaults(versions)];
  for (const fault of faults) context.about.add(fault + context.where);
  return [...placed.values()].flat();
}

const leavesOf = ({ children }: Block): Leaf[] => children.filter(isLeaf);

/** Time zones come last: one that a side took away stays while a line of the other side needs it. */
function mergeComponents(
  versions: Versions<Block>,
  lines: readonly Placed[],
  context: MergeContext,
): Placed[] {
  const byName = families(
    versions,
    ({ components }) => components,
    ({ name }) => name,
  );
  const zones = byName.get('VTIMEZONE');
  byName.delete('VTIMEZONE');
  const placed = [...byName].flatMap(([name, components]) => {
    const isOfItem = isMain(versions.a, name);
    const slots = matchUp(components, blockKeys(name, isOfItem), !isOfItem);
    return slots.map((slot) => ({ from: presentIn(slot), text: mergeSlot(slot, context) }));
  });
  if (!zones) return placed;
  const rest = [...lines, ...placed].map(({ text }) => text).join('');
  const placedZones = matchUp(zones, blockKeys('VTIMEZONE', false)).map((slot) => ({
    from: presentIn(slot),
    text: mergeZone(slot, (zone) => isNeeded(zone, rest)),
  }));
  return [...placed, ...placedZones];
}

/** Lines or components of the three versions by name, in order of appearance. */
function families<T>(
  versions: Versions<Block>,
  entriesOf: (block: Block) => readonly T[],
  nameOf: (entry: T) => string,
): Map<string, Triple<T[]>> {
  const byName = new Map<string, Triple<T[]>>();
  for (const version of VERSIONS) {
    const block = versions[version];
    for (const entry of block ? entriesOf(block) : []) {
      const name = nameOf(entry);
      const family = byName.get(name) ?? { base: [], a: [], b: [] };
      family[version].push(entry);
      byName.set(name, family);
    }
  }
  return byName;
}

function mergeSlot(slot: Slot<Block>, context: MergeContext): string {
  const { base, a, b, guessed } = slot;
  if (!a || !b) return keepOne(slot, context);
  const inside = { ...context, where: named({ base, a, b }, whereOf) + context.where };
  if (guessed !== 'on both' || a.canon === b.canon) return mergeBlock({ base, a, b }, inside);
  // Perhaps nobody edited what was there, but both added the same: so nothing is taken for removed unless it must be.
  const trial = { ...inside, about: new Set<string>() };
  const text = mergeBlock({ base: undefined, a, b }, trial);
  return trial.about.size === 0 ? text : mergeBlock({ base, a, b }, inside);
}

/** New on one side, or gone from one: gone for good, unless the other side edited it. */
function keepOne({ base, a, b, guessed }: Slot<Block>, { about, where }: MergeContext): string {
  const left = a ?? b;
  if (!left || left.canon === base?.canon) return '';
  if (base && guessed === 'on none') about.add(nameOf(base) + where);
  return left.raw;
}

/** What a person would call a component. */
function nameOf(block: Block): string {
  const occurrence = recurrenceOf(block);
  if (occurrence !== '') return `the occurrence on ${occurrence}`;
  if (block.name === 'VALARM') return `the alarm ${valueIn(block, 'TRIGGER') ?? 'without a trigger'}`;
  return block.name;
}

/** Nothing need be said about the series itself. */
const whereOf = (block: Block): string =>
  /^V(EVENT|TODO|JOURNAL|CARD|CALENDAR)$/.test(block.name) && recurrenceOf(block) === ''
    ? ''
    : ` of ${nameOf(block)}`;
