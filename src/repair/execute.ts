import { type ErrorCode, PimsyncError } from '../core/errors.ts';
import { type ContentHash, parseItem } from '../core/item.ts';
import type { Collection, Href, ItemRef } from '../core/storage.ts';
import { diagnose } from './diagnose.ts';
import { withUid } from './main-components.ts';
import { type Examined, isRemoval, type Mark, type Repair } from './plan.ts';
import { type NewText, rewriteItem } from './rewrite.ts';
import { marksOf } from './survey.ts';
import type { Unit } from './take-apart.ts';

export interface ExecuteContext {
  readonly collection: Collection;
  /** The same as for the survey, so that the same comes out. */
  readonly nowMs: number;
  readonly newUid: () => string;
  readonly signal?: AbortSignal | undefined;
}

/** What became of one repair. */
export type Done =
  /** @property uids those that were made up */
  | { readonly type: 'repaired'; readonly uids: readonly string[] }
  /** It is not what it was when it was looked at, so it was left alone. */
  | { readonly type: 'skipped'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string };

/** Whatever comes next would fail like this, too. */
const CONCERNS_ALL: ReadonlySet<ErrorCode> = new Set(['auth', 'unreachable']);

/**
 * Does one repair, on what is stored now.
 * @throws AuthError, UnreachableError, the signal's reason; what is wrong with this item alone is an answer
 */
export async function executeRepair(repair: Repair, context: ExecuteContext): Promise<Done> {
  try {
    return await attempt(repair, context);
  } catch (error) {
    if (!(error instanceof PimsyncError) || CONCERNS_ALL.has(error.code)) throw error;
    if (error.code === 'precondition-failed') return { type: 'skipped', reason: CHANGED };
    return { type: 'failed', reason: error.message };
  }
}

const CHANGED = 'it was changed or deleted meanwhile; run it again';

interface Present {
  readonly ref: ItemRef;
  readonly hash: ContentHash;
  readonly units: readonly Unit[];
  readonly marks: readonly Mark[];
}

async function attempt(repair: Repair, context: ExecuteContext): Promise<Done> {
  const { item, fates } = repair;
  const keptAt = fates.flatMap((fate) => (fate.type === 'drop' ? [fate.kept] : []));
  const present = await readNow([item.href, ...keptAt], context);
  const own = present.get(item.href);
  if (!own || !isSame(own.marks, item.marks)) return { type: 'skipped', reason: CHANGED };
  const lost = fates.some(
    (fate, at) => fate.type === 'drop' && !holds(present.get(fate.kept), item.marks[at]),
  );
  if (lost) return { type: 'skipped', reason: 'what it is a copy of was changed meanwhile; run it again' };
  const { collection, signal } = context;
  if (isRemoval(fates)) {
    await collection.remove(own.ref, signal);
    return { type: 'repaired', uids: [] };
  }
  const texts = newTexts(repair, own.units, context);
  await rewriteItem(collection, { ref: own.ref, hash: own.hash, texts, moves: repair.moves }, signal);
  const uids = texts.flatMap(({ item, hasNewUid }) =>
    hasNewUid && item.uid !== undefined ? [item.uid] : [],
  );
  return { type: 'repaired', uids };
}

/** What is stored at some places just now; what is gone or unreadable is left out. */
async function readNow(
  hrefs: readonly Href[],
  { collection, nowMs, signal }: ExecuteContext,
): Promise<ReadonlyMap<Href, Present>> {
  const { kind } = collection.info;
  const present = new Map<Href, Present>();
  for await (const fetched of collection.fetch([...new Set(hrefs)], signal)) {
    if (fetched.type !== 'item') continue;
    const { href, etag, item } = fetched;
    const diagnosis = diagnose(kind, item.text, nowMs);
    if ('reason' in diagnosis) continue;
    const { units } = diagnosis;
    present.set(href, { ref: { href, etag }, hash: item.hash, units, marks: marksOf(kind, units) });
  }
  return present;
}

/** Some servers give a new etag each time they are asked, so it is the contents that count. */
const isSame = (now: readonly Mark[], before: Examined['marks']): boolean =>
  now.length === before.length && before.every((mark, at) => isEqual(now[at], mark));

const isEqual = (one: Mark | undefined, other: Mark | undefined): boolean =>
  one !== undefined && one.uid === other?.uid && one.hash === other?.hash;

const holds = (present: Present | undefined, wanted: Mark | undefined): boolean =>
  present?.marks.some((mark) => isEqual(mark, wanted)) === true;

/** Those that keep their UID come first, so that one of them stays in the place where everybody knows it. */
function newTexts(
  { fates }: Repair,
  units: readonly Unit[],
  { collection, newUid }: ExecuteContext,
): readonly NewText[] {
  const { kind } = collection.info;
  const texts = units.flatMap(({ text }, at): NewText[] => {
    const type = fates[at]?.type ?? 'drop';
    if (type === 'drop') return [];
    const hasNewUid = type === 'new uid';
    return [{ item: parseItem(kind, hasNewUid ? withUid(text, newUid()) : text), hasNewUid }];
  });
  return texts.toSorted((one, other) => Number(one.hasNewUid) - Number(other.hasNewUid));
}
