import type { Side } from '../core/status.ts';
import {
  type Change,
  type CollectionReport,
  countChanges,
  hasFailures,
  type PairReport,
  type Problem,
  type PropertyChange,
  type WaitingChange,
} from './report.ts';

const DONE = { create: 'created', update: 'updated', remove: 'removed' } as const satisfies Record<
  Change['type'],
  string
>;
const MAX_SHOWN = 80;
const PLANNED = { set: 'set', take: 'take away' } as const;
const DONE_TO_PROPERTY = { set: 'set', take: 'taken away' } as const;

/** The plan of a dry run, one line a step. */
export function planLines({ pair, collections }: PairReport): string[] {
  return collections.flatMap((collection) => {
    const where = `${pair}/${printable(collection.name)}: `;
    return [
      ...collection.created.map((side) => `${where}create the collection on ${side}, with all its items`),
      ...collection.properties.map((property) => where + propertyLine(property, PLANNED)),
      ...collection.changes.map((change) => where + stepLine(change)),
      ...waitingLines(collection.waiting ?? []).map((line) => where + line),
      ...collection.deleted.map((side) => `${where}delete the collection on ${side}`),
    ];
  });
}

const stepLine = (change: Change): string => `${change.type} on ${change.on}: ${nameOf(change)}`;

/** The steps that wait for a person's word, and then what for. */
function waitingLines(waiting: readonly WaitingChange[]): string[] {
  const reasons = [...new Set(waiting.map(({ reason }) => reason))];
  return [
    ...waiting.map((change) => `once you confirm it, ${stepLine(change)}`),
    ...reasons.map((wanted) => {
      const count = waiting.filter(({ reason }) => reason === wanted).length;
      const wait = count === 1 ? '1 of these steps waits' : `${count} of these steps wait`;
      return `${wait} for your word: ${printable(wanted, Infinity)}`;
    }),
  ];
}

/** What was done, one line a collection that changed; one line in all when nothing did and all is well. */
export function summaryLines(report: PairReport): string[] {
  const lines = report.collections.flatMap((collection) => {
    const done = [
      ...collection.created.map((side) => `collection created on ${side}`),
      ...collection.properties.map((property) => propertyLine(property, DONE_TO_PROPERTY)),
      ...countsOf(collection),
      ...collection.deleted.map((side) => `collection deleted on ${side}`),
    ];
    return done.length > 0 ? [`${report.pair}/${printable(collection.name)}: ${done.join(', ')}`] : [];
  });
  const wasQuiet = lines.length === 0 && !hasFailures(report);
  return wasQuiet ? [`${report.pair}: nothing to do`] : lines;
}

/** Everything that is not as it should be, one line each, with what to do about it where that is known. */
export function problemLines({ pair, error, collections, notes = [] }: PairReport): string[] {
  const whole = error ? [`${pair}: ${printable(error.message, Infinity)}`] : [];
  return [
    ...whole,
    ...collections.flatMap((collection) => collectionProblems(pair, collection)),
    ...notes.map((note) => `${pair}: ${printable(note, Infinity)}`),
  ];
}

function collectionProblems(pair: string, { name, error, problems, notes }: CollectionReport): string[] {
  const where = `${pair}/${printable(name)}: `;
  return [
    ...(error ? [where + printable(error.message, Infinity)] : []),
    ...itemLines(pair, name, problems),
    ...notes.map((note) => where + printable(note, Infinity)),
  ];
}

/** A line for each item on which both sides do not agree, but one for all that are held back for one reason: there are many. */
export function itemLines(pair: string, collection: string, problems: readonly Problem[]): string[] {
  const held = problems.filter(({ type }) => type === 'held');
  const reasons = [...new Set(held.map(({ reason }) => reason))];
  const heldFor = (wanted: string): Problem[] => held.filter(({ reason }) => reason === wanted);
  return [
    ...reasons.map((reason) => `${pair}/${printable(collection)}: ${heldLine(heldFor(reason))}`),
    ...problems
      .filter(({ type }) => type !== 'held')
      .map((problem) => problemLine(pair, collection, problem)),
  ];
}

function heldLine(held: readonly Problem[]): string {
  const [first] = held;
  const titles = held
    .slice(0, 3)
    .map((problem) => nameOf({ ...problem, href: problem.hrefs.a ?? problem.hrefs.b ?? '' }));
  const among = `${titles.join(', ')}${held.length > titles.length ? ', …' : ''}`;
  return `held back: ${among}: ${printable(first?.reason ?? '', Infinity)}`;
}

function propertyLine(
  { on, name, value }: PropertyChange,
  words: { readonly set: string; readonly take: string },
): string {
  return value === null
    ? `${words.take} ${name} on ${on}`
    : `${words.set} ${name} on ${on} to "${printable(value)}"`;
}

/** One item on which both sides do not agree. */
const problemLine = (pair: string, collection: string, problem: Problem): string =>
  `${pair}/${printable(collection)}: ${problem.type}: ${problemText(problem)}`;

function problemText(problem: Problem): string {
  const { a, b } = problem.hrefs;
  const places = [a && `a: ${printable(a)}`, b && `b: ${printable(b)}`].filter(Boolean);
  const where = places.length > 0 ? ` [${places.join(', ')}]` : '';
  return `${nameOf({ ...problem, href: a ?? b ?? '' })}${where}: ${printable(problem.reason, Infinity)}`;
}

type Named = Pick<Change, 'title' | 'uid' | 'href'> & Pick<Problem, 'start'>;

/** By what a person knows it, and what a program does. */
function nameOf({ title, start, uid, href }: Named): string {
  const id = uid === undefined ? printable(href) : `UID ${printable(uid)}`;
  if (title === undefined) return id;
  return `"${printable(title)}" (${start === undefined ? '' : `${printable(start)}, `}${id})`;
}

function countsOf({ changes }: CollectionReport): string[] {
  const counts = countChanges(changes);
  return (['a', 'b'] satisfies Side[]).flatMap((side) =>
    (['create', 'update', 'remove'] as const)
      .filter((type) => counts[side][type] > 0)
      .map((type) => `${counts[side][type]} ${DONE[type]} on ${side}`),
  );
}

/** Line breaks, terminal controls and marks that turn the reading direction. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/** Items come from strangers; what they could do to a terminal does not reach one. */
function printable(text: string, length: number = MAX_SHOWN): string {
  const clean = text.replaceAll(UNPRINTABLE, '\uFFFD');
  return clean.length > length ? `${clean.slice(0, length - 1)}…` : clean;
}
