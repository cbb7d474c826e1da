/** What a number counts. `MB` is 10⁶ bytes. */
export type Unit = 's' | 'ms' | 'MB' | '/s' | '';

/** What the program has to reach. */
export interface Target {
  /** As README shows it: `≤ 1.3 × curl`. */
  readonly text: string;
  readonly holds: boolean;
  /** Which part of it is missed, where it has several. */
  readonly missed?: string;
  /** `speed` depends on the machine and the sizes, and is not judged in a quick run; `count` always holds or fails. */
  readonly type: 'speed' | 'count';
}

/** Something else that did the same in the same run. */
export interface Peer {
  readonly name: string;
  /** `undefined`: it was not run, as it would have taken too long. */
  readonly value: number | undefined;
}

/** One line of the table. */
export interface Figure {
  readonly what: string;
  /** `undefined`: it was not run, as it would have taken too long. */
  readonly value: number | undefined;
  readonly unit: Unit;
  readonly peers?: readonly Peer[];
  readonly target?: Target;
}

/** A figure that has to stay at or below `limit`. */
export const atMost = (limit: number, value: number, text: string): Target => ({
  text: `≤ ${text}`,
  holds: value <= limit,
  type: 'speed',
});

/** A count that has to be just that. */
export const exactly = (wanted: number, value: number): Target => ({
  text: String(wanted),
  holds: value === wanted,
  type: 'count',
});

/** A count that may not be exceeded. */
export const countAtMost = (limit: number, value: number): Target => ({
  text: `≤ ${limit}`,
  holds: value <= limit,
  type: 'count',
});

/** Several targets of one type, of which each has to be reached. */
export function allOf(targets: readonly [Target, ...(readonly Target[])]): Target {
  const missed = targets.filter(({ holds }) => !holds);
  return {
    text: inOneCell(targets),
    holds: missed.length === 0,
    ...(missed.length < targets.length && { missed: inOneCell(missed) }),
    type: targets[0].type,
  };
}

const inOneCell = (targets: readonly Target[]): string => targets.map(({ text }) => text).join('; ');

/** Whether a target is missed. Small sizes say nothing about speed: starting the program is most of their time. */
export const isMissed = ({ target }: Figure, quick: boolean): boolean =>
  target !== undefined && !target.holds && !(quick && target.type === 'speed');

/** The figures as a table for README. */
export function toMarkdown(figures: readonly Figure[], quick: boolean): string {
  const rows = figures.map((figure) => [
    figure.what,
    inWords(figure.value, figure.unit),
    (figure.peers ?? []).map((peer) => besideInWords(figure, peer)).join('; '),
    figure.target?.text ?? '',
    verdict(figure, quick),
  ]);
  return [
    ['what', 'pimsync', 'beside it (ratio)', 'target', ''],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function verdict(figure: Figure, quick: boolean): string {
  if (!figure.target) return '';
  const { missed } = figure.target;
  if (isMissed(figure, quick)) return missed === undefined ? '**missed**' : `**missed**: ${missed}`;
  return quick && figure.target.type === 'speed' ? 'not judged' : 'holds';
}

function besideInWords({ value, unit }: Figure, peer: Peer): string {
  const isComparable = value !== undefined && peer.value !== undefined && peer.value !== 0;
  const ratio = isComparable ? ` (${toPrecision(value / peer.value)} ×)` : '';
  return `${peer.name} ${inWords(peer.value, unit)}${ratio}`;
}

function inWords(value: number | undefined, unit: Unit): string {
  if (value === undefined) return 'not run';
  return `${toPrecision(value)}${unit === '' || unit === '/s' ? unit : ` ${unit}`}`;
}

/** Three digits say all that a measurement on a shared machine can. */
function toPrecision(value: number): string {
  if (value === 0 || Number.isInteger(value)) return value.toLocaleString('en');
  return value >= 100
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(value < 0.1 ? 2 : 3)));
}
