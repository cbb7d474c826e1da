import type { ConflictMode } from '../core/conflict-mode.ts';
import { type Ident, type Item, type ItemKind, parseItem } from '../core/item.ts';
import { mergeTexts } from '../core/merge.ts';
import { revisedAtMs } from '../core/revision.ts';
import { otherSide, type Side, type StatusStore, type Unfinished, type Version } from '../core/status.ts';
import type { Collection, UpdateReason } from '../core/storage.ts';
import type { Action, Conflict, Merge, Split, Update } from './action.ts';
import { keepBoth } from './keep-both.ts';
import type { Known } from './known.ts';
import { readText } from './read-text.ts';
import type { ItemResolution, Resolution } from './resolution.ts';
import type { TextPool } from './text-pool.ts';

export interface SettleInput {
  readonly actions: readonly Action[];
  readonly mode: ConflictMode;
  readonly kind: ItemKind;
  readonly writable: Readonly<Record<Side, boolean>>;
  readonly status: StatusStore;
  readonly collections: Readonly<Record<Side, Collection>>;
  readonly pool: TextPool;
  readonly signal: AbortSignal | undefined;
  readonly known: Known;
  /** Also try again what came to nothing before. */
  readonly triesAgain: boolean;
  readonly resolutions?: readonly Resolution[] | undefined;
}

export interface Settled {
  readonly actions: readonly Action[];
  /** What was tried with the same texts before, as it was left then. */
  readonly left: readonly Unfinished[];
}

/** Puts what the pair's mode makes of them in the place of conflicts. Reads texts, changes nothing. */
export async function settleConflicts(input: SettleInput): Promise<Settled> {
  const actions: Action[] = [];
  const left: Unfinished[] = [];
  for (const action of input.actions) {
    const before = action.type === 'conflict' ? triedBefore(action, input) : undefined;
    if (before) left.push(before);
    else actions.push(action.type === 'conflict' ? await settle(action, input) : action);
  }
  return { actions, left };
}

/** Modes that read texts would read them at each run, and come to the same; and a command has its own time to be asked again. */
function triedBefore({ ident, a, b }: Conflict, input: SettleInput): Unfinished | undefined {
  const { mode, known, triesAgain } = input;
  const before = known.leftovers.get(ident);
  if (!before || !isAbout(before, a, b) || resolutionOf(ident, input)) return undefined;
  const isSettled =
    mode === 'command'
      ? before.type === 'conflict' || !triesAgain
      : (mode === 'merge' || mode === 'newest') && !triesAgain;
  return isSettled ? { ...before, a, b } : undefined;
}

const isAbout = ({ type, ...versions }: Unfinished, a: Version, b: Version): boolean =>
  (type === 'conflict' || type === 'refused') && versions.a?.hash === a.hash && versions.b?.hash === b.hash;

const resolutionOf = (ident: Ident, { resolutions = [] }: SettleInput): ItemResolution | undefined =>
  resolutions.find((one): one is ItemResolution => 'ident' in one && one.ident === ident);

type SettledConflict = Conflict | Update | Merge | Split;

/** What was decided about this one item counts for more than the mode of the pair. */
async function settle(conflict: Conflict, input: SettleInput): Promise<SettledConflict> {
  const { how, seen } = resolutionOf(conflict.ident, input) ?? {};
  if (!how) return byMode(input.mode, conflict, input);
  if (seen && (seen.a !== conflict.a.hash || seen.b !== conflict.b.hash))
    return { ...conflict, about: ['one side changed it again since it was looked at'] };
  switch (how.type) {
    case 'keep':
      return overwrite(otherSide(how.side), conflict);
    case 'both':
      return asTwo(conflict, input);
    case 'merge':
      return byMode('merge', conflict, input);
    case 'text':
      return asDecided(conflict, how.text, input);
    case 'left':
      return { ...conflict, about: [how.reason] };
  }
}

async function byMode(
  mode: ConflictMode,
  conflict: Conflict,
  input: SettleInput,
): Promise<Conflict | Update | Merge> {
  if (mode === 'manual') return conflict;
  if (mode === 'command') return { ...conflict, about: ['its command is to decide'] };
  if (mode === 'keep a') return overwrite('b', conflict);
  if (mode === 'keep b') return overwrite('a', conflict);
  if (mode === 'merge' && input.status.base(conflict.ident) === undefined) return conflict;
  const texts = await readBoth(conflict, input);
  // Gone again, or changed since: the next look is at something else.
  if (!texts) return conflict;
  return mode === 'newest' ? byRevision(conflict, texts) : merge(conflict, texts, input);
}

const overwrite = (on: Side, conflict: Conflict, reason: UpdateReason = 'overruled'): Update => ({
  type: 'update',
  on,
  ident: conflict.ident,
  source: conflict[otherSide(on)],
  target: conflict[on],
  reason,
});

async function asTwo(conflict: Conflict, input: SettleInput): Promise<SettledConflict> {
  const { writable, actions, kind, status } = input;
  if (!writable.a || !writable.b) return { ...conflict, about: [ONE_READ_ONLY] };
  const texts = await readBoth(conflict, input);
  return texts ? keepBoth({ conflict, text: texts.b.text, kind, status, actions }) : conflict;
}

/** Both sides get the text that somebody made of both. */
async function asDecided(
  conflict: Conflict,
  text: string,
  input: SettleInput,
): Promise<Conflict | Update | Merge> {
  const item = parseItem(input.kind, text);
  if (!item.whole) return { ...conflict, about: ['what it was resolved to is not a whole item'] };
  if (item.ident !== conflict.ident)
    return { ...conflict, about: ['what it was resolved to has another UID'] };
  const texts = await readBoth(conflict, input);
  return texts ? toHold(item, conflict, texts, input) : conflict;
}

function byRevision(conflict: Conflict, { a, b }: Readonly<Record<Side, Item>>): Conflict | Update {
  const [aMs, bMs] = [revisedAtMs(a.text), revisedAtMs(b.text)];
  if (aMs === undefined || bMs === undefined || aMs === bMs)
    return { ...conflict, about: ['which of them is newer is not told by their texts'] };
  return overwrite(aMs > bMs ? 'b' : 'a', conflict);
}

function merge(
  conflict: Conflict,
  texts: Readonly<Record<Side, Item>>,
  input: SettleInput,
): Conflict | Update | Merge {
  const { status, kind } = input;
  const { a, b } = texts;
  const base = status.base(conflict.ident);
  // New on both sides: nothing tells what either of them added.
  if (base === undefined) return conflict;
  const outcome = mergeTexts(kind, { base, a: a.text, b: b.text });
  if (outcome.type === 'conflict') return { ...conflict, about: outcome.about };
  const merged = parseItem(kind, outcome.text);
  return merged.ident === conflict.ident ? toHold(merged, conflict, texts, input) : conflict;
}

const ONE_READ_ONLY = 'one side is read-only';

/** What brings both sides to hold `merged`. */
function toHold(
  merged: Item,
  conflict: Conflict,
  { a, b }: Readonly<Record<Side, Item>>,
  { writable }: SettleInput,
): Conflict | Update | Merge {
  // One of them has all that the other changed.
  if (merged.hash === a.hash) return overwrite('b', conflict, 'merged');
  if (merged.hash === b.hash) return overwrite('a', conflict, 'merged');
  if (!writable.a || !writable.b) return { ...conflict, about: [ONE_READ_ONLY] };
  return { type: 'merge', ident: conflict.ident, a: conflict.a, b: conflict.b, merged, textOfA: a.text };
}

/** Both texts as they were planned with; `undefined` when one of them is no longer that. */
async function readBoth(
  { a, b }: Conflict,
  input: SettleInput,
): Promise<Readonly<Record<Side, Item>> | undefined> {
  const readAs = async (side: Side, { href, hash }: Version): Promise<Item | undefined> => {
    const item = await readText(side, href, input);
    return item?.hash === hash ? item : undefined;
  };
  const [textA, textB] = [await readAs('a', a), await readAs('b', b)];
  return textA && textB && { a: textA, b: textB };
}
