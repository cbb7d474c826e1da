import { describeText } from '../core/describe.ts';
import { type ItemKind, parseItem } from '../core/item.ts';
import type { Collection, Fetched, Href } from '../core/storage.ts';
import { diagnose } from './diagnose.ts';
import type { Examined, Label, Mark } from './plan.ts';
import type { Unit } from './take-apart.ts';

/** Something that only a person can put right. */
export interface Lost {
  readonly href: Href;
  readonly label: Label;
  /** With the remedy. */
  readonly reason: string;
}

export interface Survey {
  readonly examined: readonly Examined[];
  readonly lost: readonly Lost[];
}

export interface SurveyOptions {
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRead?: (done: number, total: number) => void;
}

const MAX_TITLE = 80;
const NO_LABEL: Label = { title: undefined, start: undefined, uid: undefined };

/** Reads a whole collection and says what is in it. One text at a time is in memory, and none is kept. */
export async function surveyCollection(collection: Collection, options: SurveyOptions): Promise<Survey> {
  const { nowMs, signal, onRead } = options;
  const { changed, unclear } = await collection.changes(undefined, signal);
  const examined: Examined[] = [];
  const lost: Lost[] = unclear
    .filter(({ weight }) => weight === 'problem')
    .map(({ href, reason }) => ({ href, label: NO_LABEL, reason }));
  let read = 0;
  const hrefs = changed.map(({ href }) => href);
  for await (const fetched of collection.fetch(hrefs, signal)) {
    const found = examine(collection.info.kind, fetched, nowMs);
    if ('reason' in found) lost.push(found);
    else examined.push(found);
    read += 1;
    onRead?.(read, hrefs.length);
  }
  return { examined: examined.toSorted(byHref), lost: lost.toSorted(byHref) };
}

/** Storages hand things out in any order; people compare what two runs say. */
const byHref = (one: { readonly href: Href }, other: { readonly href: Href }): number =>
  one.href < other.href ? -1 : 1;

function examine(kind: ItemKind, fetched: Fetched, nowMs: number): Examined | Lost {
  const { href } = fetched;
  if (fetched.type === 'unreadable') return { href, label: NO_LABEL, reason: fetched.error.message };
  const { item, etag } = fetched;
  const diagnosis = diagnose(kind, item.text, nowMs);
  if ('reason' in diagnosis) {
    const remedy = 'correct it by hand, restore it from a backup, or delete it';
    return { href, label: labelOf(kind, item), reason: `${diagnosis.reason}; ${remedy}` };
  }
  const { findings, units } = diagnosis;
  const [first] = units;
  return { href, etag, label: labelOf(kind, first ?? item), findings, marks: marksOf(kind, units) };
}

export const marksOf = (kind: ItemKind, units: readonly Unit[]): Mark[] =>
  units.map(({ uid, text }) => ({ uid: copied(uid), hash: parseItem(kind, text).hash }));

function labelOf(kind: ItemKind, { uid, text }: Pick<Unit, 'uid' | 'text'>): Label {
  const { title, start } = describeText(kind, text);
  const short = title !== undefined && title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE)}…` : title;
  return { title: copied(short), start: copied(start), uid: copied(uid) };
}

/** A piece of a text keeps the whole of it in memory (V8); this one does not. */
const copied = (piece: string | undefined): string | undefined =>
  piece === undefined ? undefined : Buffer.from(piece).toString();
