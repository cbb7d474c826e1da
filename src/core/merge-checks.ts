import type { Block } from './block.ts';
import { type ContentLine, parseContentLine, unfold } from './content-line.ts';
import { isMain, recurrenceOf } from './merge-rules.ts';
import type { Versions } from './slot.ts';

type Sides = readonly [one: Block, other: Block];

const bothWays = ({ a, b }: Versions<Block>): readonly Sides[] => [
  [a, b],
  [b, a],
];

const ENDS = ['DTEND', 'DUE'];

/** A start of one side and an end of the other that do not go together (RFC 5545, 3.6.1 and 3.8.2.2). */
export function spanFaults({ a, b }: Versions<Block>, mergedText: (name: string) => string): string[] {
  const merged = (name: string): ContentLine | undefined => unfold(mergedText(name)).map(parseContentLine)[0];
  const isMixed = (...names: string[]): boolean =>
    [a, b].every(({ lines }) =>
      names.some(
        (name) =>
          !isSameLine(
            lines.find((line) => line.name === name),
            merged(name),
          ),
      ),
    );
  const faults: string[] = [];
  for (const end of ENDS) {
    const [from, to] = [merged('DTSTART'), merged(end)];
    if (to && merged('DURATION') && isMixed(end, 'DURATION')) faults.push(`${end} and DURATION`);
    if (from && to && isMixed('DTSTART', end) && !goTogether(from, to)) faults.push(`DTSTART and ${end}`);
  }
  return faults;
}

const isSameLine = (one: ContentLine | undefined, other: ContentLine | undefined): boolean =>
  one?.value === other?.value && one?.params.toSorted().join(';') === other?.params.toSorted().join(';');

/** Both days or both times, and where their zones are the same, in this order. */
function goTogether(from: ContentLine, to: ContentLine): boolean {
  if (from.value.includes('T') !== to.value.includes('T')) return false;
  const zoneOf = ({ params, value }: ContentLine): string =>
    value.endsWith('Z') ? 'Z' : (params.find((param) => param.startsWith('TZID=')) ?? '');
  return zoneOf(from) !== zoneOf(to) || from.value <= to.value;
}

/** Occurrences that one side took out of the series with EXDATE, while the other side edited them. */
export function occurrenceFaults(versions: Versions<Block>): string[] {
  const { base } = versions;
  return bothWays(versions).flatMap(([one, other]) => {
    const before = excluded(base);
    const theirs = excluded(other);
    const taken = [...excluded(one)].filter((day) => !before.has(day) && !theirs.has(day));
    const edited = overridesOf(other);
    const known = overridesOf(base);
    return taken
      .filter((day) => edited.has(day) && edited.get(day) !== known.get(day))
      .map((day) => `the occurrence on ${day}`);
  });
}

const mainsOf = (calendar: Block | undefined): Block[] =>
  calendar?.components.filter(({ name }) => isMain(calendar, name)) ?? [];

const overridesOf = (calendar: Block | undefined): Map<string, string> =>
  new Map(mainsOf(calendar).map((main) => [recurrenceOf(main), main.canon]));

/** Named as `recurrenceOf` names them. */
const excluded = (calendar: Block | undefined): Set<string> =>
  new Set(
    mainsOf(calendar)
      .flatMap(({ lines }) => lines.filter(({ name }) => name === 'EXDATE'))
      .flatMap(({ params, value }) => {
        const zone = params.find((param) => param.startsWith('TZID='));
        return value.split(',').map((day) => day.trim() + (zone ? ` ${zone.slice(5)}` : ''));
      }),
  );
