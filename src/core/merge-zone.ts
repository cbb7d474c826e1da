import { type Block, valueIn } from './block.ts';
import { parseContentLine, unfold } from './content-line.ts';
import { pickText } from './merge-line.ts';
import { mapVersions, type Slot, type Versions, whoChanged } from './slot.ts';

/**
 * Which version of a time zone stands. Programs write their own definitions with each save and nobody edits them, so there
 * is no conflict: of two new ones the longer is taken, for it knows more of the zone's history.
 */
export function mergeZone({ base, a, b }: Slot<Block>, isNeeded: (zone: Block) => boolean): string {
  if (a && b) return mergeBothZones({ base, a, b });
  const left = a ?? b;
  return left && (left.canon !== base?.canon || isNeeded(left)) ? left.raw : '';
}

function mergeBothZones(zones: Versions<Block>): string {
  const side = whoChanged(mapVersions(zones, ({ canon }) => canon));
  if (side === 'none') return pickText(mapVersions(zones, ({ raw }) => raw));
  if (side !== 'both') return zones[side].raw;
  const [one, other] = [zones.a.raw, zones.b.raw];
  if (one.length === other.length) return one > other ? one : other;
  return one.length > other.length ? one : other;
}

/** A line of that text tells its times in the zone. */
export function isNeeded(zone: Block, text: string): boolean {
  const name = valueIn(zone, 'TZID') ?? '';
  const wanted = new Set([`TZID=${name}`, `TZID="${name}"`]);
  return unfold(text).some((line) => parseContentLine(line).params.some((param) => wanted.has(param)));
}
