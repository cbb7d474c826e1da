import { type Component, parseComponents } from './component.ts';
import type { ContentLine } from './content-line.ts';

/** One property that two texts do not have alike. */
export interface Difference {
  /** `SUMMARY`, `DTSTART of VEVENT on 20260105T090000Z`, `TRIGGER of VALARM 2`. */
  readonly what: string;
  /** Values with their parameters, several joined by ` | `; undefined: it has none. */
  readonly base: string | undefined;
  readonly a: string | undefined;
  readonly b: string | undefined;
}

/**
 * What is different between two versions of an item, property by property, for people to decide. Order and folding count for nothing.
 * @param texts `base`: what both once had, where that is known
 */
export function textDifferences(texts: {
  readonly base: string | undefined;
  readonly a: string;
  readonly b: string;
}): Difference[] {
  const [base, a, b] = [valuesOf(texts.base ?? ''), valuesOf(texts.a), valuesOf(texts.b)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .map((what) => ({ what, base: base.get(what), a: a.get(what), b: b.get(what) }))
    .filter((one) => one.a !== one.b);
}

function valuesOf(text: string): Map<string, string> {
  const values = new Map<string, string[]>();
  for (const outer of parseComponents(text).components) collect(outer, '', values);
  return new Map([...values].map(([what, lines]) => [what, lines.toSorted().join(' | ')]));
}

function collect({ lines, components }: Component, label: string, values: Map<string, string[]>): void {
  for (const line of lines) {
    const what = label === '' ? line.name : `${line.name} of ${label}`;
    values.set(what, [...(values.get(what) ?? []), shownValue(line)]);
  }
  const counts = new Map<string, number>();
  for (const inner of components) {
    const count = (counts.get(inner.name) ?? 0) + 1;
    counts.set(inner.name, count);
    collect(inner, labelOf(inner, count), values);
  }
}

/** The first one needs no number, an occurrence has its date, and a time zone its name. */
function labelOf({ name, lines }: Component, count: number): string {
  const own = (wanted: string): string | undefined => lines.find((line) => line.name === wanted)?.value;
  const on = own('RECURRENCE-ID');
  if (on !== undefined) return `${name} on ${on}`;
  const zone = name === 'VTIMEZONE' ? own('TZID') : undefined;
  if (zone !== undefined) return `${name} ${zone}`;
  return count === 1 ? name : `${name} ${count}`;
}

const shownValue = ({ params, value }: ContentLine): string =>
  params.length === 0 ? value : `${value} (${params.join('; ')})`;
