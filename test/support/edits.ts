import * as fc from 'fast-check';
import type { ItemKind } from '../../src/core/item.ts';

/** A component as a list of lines, with its alarms; the way a person thinks of an item before it is written down. */
export interface Part {
  readonly lines: readonly string[];
  readonly alarms: readonly (readonly string[])[];
}

/** Parts by the day they stand for; the series, or the contact, under the empty name. */
export type Model = ReadonlyMap<string, Part>;

/** How a program writes things down. */
export interface Layout {
  readonly eol: string;
  readonly width: number;
  readonly product: string;
}

type Edit = (model: Map<string, Part>) => void;

/** A last common version and what two sides made of it, written by three programs. */
export interface History {
  readonly kind: ItemKind;
  readonly base: string;
  readonly a: string;
  readonly b: string;
  /** The base, as the programs of a and b would have written it. */
  readonly baseByA: string;
}

const MANIFOLD = /^(ATTENDEE|COMMENT|CATEGORIES|EXDATE|X-MANY|TEL|EMAIL|ITEM)/i;
const nameOf = (line: string): string => (/^[^;:]*/.exec(line)?.[0] ?? '').toUpperCase();

const valueOf = (line: string): string => line.slice(line.lastIndexOf(':') + 1);

const oneOf = (...lines: string[]): fc.Arbitrary<string> => fc.constantFrom(...lines);
const long = (letter: string): string => `${letter} ${'ä long tale of tea 🍵 '.repeat(6)}`;

const TIMES = ['20260101T000000Z', '20260102T000000Z', '20260301T120000Z', '20260401T120000Z'];
const machineLine = fc
  .tuple(oneOf('DTSTAMP', 'LAST-MODIFIED', 'CREATED'), oneOf(...TIMES))
  .map((parts) => parts.join(':'));

const someOf = (name: string, values: readonly string[]): fc.Arbitrary<string> =>
  fc.subarray([...values], { minLength: 1 }).map((some) => `${name}:${some.join(',')}`);

const eventLine = fc.oneof(
  oneOf('SUMMARY:tea', 'SUMMARY:coffee', 'SUMMARY;LANGUAGE=en:tea', 'SUMMARY;LANGUAGE=en:milk'),
  oneOf('LOCATION:here', 'LOCATION:there', `LOCATION;ALTREP="http://x;y":${long('L')}`),
  oneOf('DESCRIPTION:x', `DESCRIPTION:${long('A')}`, `DESCRIPTION:${long('B')}`),
  oneOf('STATUS:CONFIRMED', 'STATUS:CANCELLED', 'TRANSP:OPAQUE', 'X-ALONE:1', 'X-ALONE;P=1:2', 'x-alone:3'),
  oneOf(
    'X-MANY:1',
    'X-MANY:2',
    'X-MANY;P=1:1',
    'COMMENT:1',
    'COMMENT:2',
    'COMMENT;LANGUAGE=de:1',
    'COMMENT:3',
  ),
  oneOf('ATTENDEE:mailto:a@x', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x', 'ATTENDEE;CN="A":mailto:a@x'),
  oneOf(
    'ATTENDEE:mailto:b@x',
    'ATTENDEE;CN=B;PARTSTAT=DECLINED:mailto:b@x',
    'ATTENDEE;ROLE=CHAIR:mailto:b@x',
  ),
  someOf('CATEGORIES', ['A', 'B', 'C\\,D', 'E']),
  someOf('EXDATE', ['20260201T100000Z', '20260202T100000Z', '20260203T100000Z']),
  someOf('EXDATE;TZID=Europe/Berlin', ['20260201T100000', '20260202T100000']),
  fc.integer({ min: 0, max: 4 }).map((count) => `SEQUENCE:${count}`),
  machineLine,
);

const contactLine = fc.oneof(
  oneOf('NOTE:x', `NOTE:${long('A')}`, `NOTE:${long('B')}`, 'BDAY:1815-12-10', 'BDAY;VALUE=date:1815-12-11'),
  oneOf('FN:Ada', 'FN:Ada L', 'N:L;Ada;;;', 'N:Lovelace;Ada;;;', 'ORG:x', 'X-ALONE:1', 'X-ALONE:2'),
  oneOf(
    'TEL:1',
    'TEL:2',
    'TEL:3',
    'TEL;TYPE=HOME:1',
    'TEL;TYPE=WORK;PREF=1:1',
    'TEL;HOME:2',
    'tel;type=cell:4',
  ),
  oneOf('EMAIL:a@x', 'EMAIL;PID=1.1:b@x', 'EMAIL;PID=1.1:c@x', 'EMAIL;TYPE=HOME:a@x', 'X-MANY:1', 'X-MANY:2'),
  oneOf(
    'item1.TEL:1',
    'item1.TEL:2',
    'item1.X-ABLabel:x',
    'item2.URL:y',
    'item2.X-ABLabel:z',
    'item2.X-ABLabel:y',
  ),
  someOf('CATEGORIES', ['A', 'B', 'C\\,D', 'E']),
  fc.oneof(...TIMES.map((time) => fc.constant(`REV:${time}`))),
);

const alarmLine = fc.oneof(
  oneOf('ACTION:DISPLAY', 'ACTION:AUDIO', 'TRIGGER:-PT5M', 'TRIGGER:-PT15M', 'TRIGGER:-PT1H'),
  oneOf('DESCRIPTION:x', 'DESCRIPTION:y', 'ACKNOWLEDGED:20260101T000000Z', 'ACKNOWLEDGED:20260102T000000Z'),
);
const at = fc.nat({ max: 30 });
const DAYS = ['20260301T100000Z', '20260302T100000Z'];
const day = oneOf('', '', '', ...DAYS);

/** Puts a line in; it takes the place of one that it cannot stand beside. */
function withLine(lines: readonly string[], line: string, at: number): string[] {
  const same = lines.findIndex((other) => isInsteadOf(line, other));
  return same === -1 ? lines.toSpliced(at % (lines.length + 1), 0, line) : lines.with(same, line);
}

/** RFC 6350, 7.2.4: a PID is there but once. So is a value: of two lines with the same it cannot be told which was edited. */
function isInsteadOf(line: string, other: string): boolean {
  if (nameOf(line) !== nameOf(other)) return false;
  return (
    !MANIFOLD.test(line) ||
    valueOf(line) === valueOf(other) ||
    (line.includes('PID=') && other.includes('PID='))
  );
}

const linesOf = (line: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string[]> =>
  fc
    .array(line, { maxLength })
    .map((lines) => lines.reduce<string[]>((all, line) => withLine(all, line, all.length), []));

const onPart =
  (day: string, change: (part: Part) => Part): Edit =>
  (model) => {
    const part = model.get(day);
    if (part) model.set(day, change(part));
  };

const lineEdit = (line: fc.Arbitrary<string>): fc.Arbitrary<Edit> =>
  fc.oneof(
    fc
      .tuple(day, line, at)
      .map(([day, line, at]) => onPart(day, (part) => ({ ...part, lines: withLine(part.lines, line, at) }))),
    fc.tuple(day, at).map(([day, at]) => onPart(day, (part) => ({ ...part, lines: drop(part.lines, at) }))),
    fc.tuple(day, at, at).map(([day, from, to]) =>
      onPart(day, (part) => {
        const moved = part.lines[from % Math.max(1, part.lines.length)];
        return moved === undefined
          ? part
          : { ...part, lines: drop(part.lines, from).toSpliced(to % part.lines.length, 0, moved) };
      }),
    ),
  );

const drop = <T>(entries: readonly T[], at: number): T[] =>
  entries.toSpliced(at % Math.max(1, entries.length), 1);

/** An identity goes with one time: an alarm that both moved and got the identity of another is nobody's. */
const alarm = fc
  .tuple(oneOf('DISPLAY', 'AUDIO'), oneOf('-PT5M', '-PT15M'), linesOf(alarmLine, 4))
  .map(([action, trigger, lines]) =>
    lines.reduce(
      (all, line) => withLine(all, line, all.length),
      [`UID:alarm-${action}${trigger}`, `ACTION:${action}`, `TRIGGER:${trigger}`],
    ),
  );
const part = fc.record({ lines: linesOf(eventLine, 6), alarms: fc.array(alarm, { maxLength: 2 }) });

const componentEdit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(day, alarm, at).map(([day, alarm, at]) =>
    onPart(day, (part) => ({
      ...part,
      alarms: part.alarms.toSpliced(at % (part.alarms.length + 1), 0, alarm),
    })),
  ),
  fc.tuple(day, at).map(([day, at]) => onPart(day, (part) => ({ ...part, alarms: drop(part.alarms, at) }))),
  fc.tuple(day, at, alarmLine).map(([day, at, line]) =>
    onPart(day, ({ lines, alarms }) => ({
      lines,
      alarms: alarms.map((alarm, index) =>
        index === at % alarms.length ? withLine(alarm, line, at) : alarm,
      ),
    })),
  ),
  fc.tuple(oneOf(...DAYS), part).map(
    ([day, part]): Edit =>
      (model) =>
        void model.set(day, part),
  ),
  oneOf(...DAYS).map(
    (day): Edit =>
      (model) =>
        void model.delete(day),
  ),
);

const layout: fc.Arbitrary<Layout> = fc.record({
  eol: oneOf('\r\n', '\r\n', '\n'),
  width: fc.constantFrom(75, 75, 20, 1000),
  product: oneOf('-//one//', '-//two//', '-//three//'),
});

/** Items with overrides, alarms, unknown properties and odd folding, edited on two sides. */
export const histories = (kind: ItemKind): fc.Arbitrary<History> => {
  const first: fc.Arbitrary<Part> =
    kind === 'calendar'
      ? fc.record({ lines: linesOf(eventLine, 10), alarms: fc.array(alarm, { maxLength: 3 }) })
      : linesOf(contactLine, 10).map((lines) => ({ lines, alarms: [] }));
  const edit =
    kind === 'calendar'
      ? fc.oneof(lineEdit(eventLine), lineEdit(eventLine), componentEdit)
      : lineEdit(contactLine);
  const others = kind === 'calendar' ? fc.dictionary(oneOf(...DAYS), part, { maxKeys: 2 }) : fc.constant({});
  const edits = fc.array(edit, { maxLength: 4 });
  const layouts = fc.oneof(
    layout.map((one) => [one, one, one]),
    fc.tuple(layout, layout, layout),
  );
  return fc
    .tuple(first, others, fc.tuple(edits, edits), layouts, fc.boolean())
    .map(([first, others, [toA, toB], layouts, named]) => {
      const written = (model: Model, layout: Layout | undefined): string =>
        write(kind, named ? model : nameless(model), layout);
      const model: Model = new Map([['', first], ...Object.entries<Part>(others)]);
      const [byBase, byA, byB] = layouts;
      return {
        kind,
        base: written(model, byBase),
        a: written(edited(model, toA), byA),
        b: written(edited(model, toB), byB),
        baseByA: written(model, byA),
      };
    });
};

function edited(model: Model, edits: readonly Edit[]): Model {
  const copy = new Map(model);
  for (const edit of edits) edit(copy);
  return copy;
}

/** Without the identities of alarms, which not all programs give. */
const nameless = (model: Model): Model =>
  new Map(
    [...model].map(([day, { lines, alarms }]) => [
      day,
      { lines, alarms: alarms.map((alarm) => alarm.filter((line) => !line.includes('UID:'))) },
    ]),
  );

function write(kind: ItemKind, model: Model, layout: Layout | undefined): string {
  const { eol, width, product } = layout ?? { eol: '\r\n', width: 75, product: '-//none//' };
  const parts = [...model].map(([day, part]) => block(kind, day, part));
  const lines =
    kind === 'contact'
      ? parts.flat()
      : ['BEGIN:VCALENDAR', 'VERSION:2.0', `PRODID:${product}`, ...parts.flat(), 'END:VCALENDAR'];
  return lines.map((line) => folded(line, width, `${eol} `) + eol).join('');
}

function block(kind: ItemKind, day: string, { lines, alarms }: Part): string[] {
  if (kind === 'contact') return ['BEGIN:VCARD', 'VERSION:3.0', 'UID:1', ...withoutTwins(lines), 'END:VCARD'];
  const recurrence = day === '' ? [] : [`RECURRENCE-ID:${day}`];
  const inner = distinct(alarms).flatMap((alarm) => ['BEGIN:VALARM'].concat(alarm, 'END:VALARM'));
  return ['BEGIN:VEVENT', 'UID:1', ...recurrence, ...withoutTwins(lines), ...inner, 'END:VEVENT'];
}

/** No value is in two lists. */
function withoutTwins(lines: readonly string[]): string[] {
  const known = new Set<string>();
  return lines.flatMap((line) => {
    if (!/^(CATEGORIES|EXDATE)/.test(line)) return line;
    const head = line.slice(0, line.lastIndexOf(':') + 1);
    const values = valueOf(line).split(/(?<!\\),/);
    const fresh = values.filter((value) => !known.has(head + value) && known.add(head + value));
    return fresh.length === 0 ? [] : head + fresh.join(',');
  });
}

/** An identity is there but once, and one alarm at a time: of two alike it cannot be told which was edited. */
function distinct(alarms: Part['alarms']): Part['alarms'] {
  const known = new Set<string>();
  return alarms.filter((alarm) => {
    const names = [alarm.find((line) => line.includes('UID:')), alarm.filter(isTelling).toSorted().join()];
    const isNew = !names.some((name) => name !== undefined && known.has(name));
    for (const name of isNew ? names : []) if (name !== undefined) known.add(name);
    return isNew;
  });
}

const isTelling = (line: string): boolean => /^(TRIGGER|ACTION):/.test(line);

function folded(line: string, width: number, glue: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < line.length; at += width) pieces.push(line.slice(at, at + width));
  return pieces.join(glue);
}
