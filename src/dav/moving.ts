import {
  AlreadyExistsError,
  NotFoundError,
  PimsyncError,
  PreconditionFailedError,
  RefusedError,
} from '../core/errors.ts';
import {
  type CollectionInfo,
  type Etag,
  href,
  type Href,
  type ItemRef,
  type WriteResult,
} from '../core/storage.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import { statusOf, wasRepeated } from '../http/refusal.ts';
import { lastSegment, urlAt } from './href-path.ts';
import { headerEtag, readEtag } from './item-reading.ts';
import { type Site, urlOf } from './site.ts';
import {
  as,
  asRefusal,
  assertCollectionIsThere,
  assertOurs,
  isDuplicateUid,
  isSameEtag,
} from './write-errors.ts';

/** What servers answer that do not move between these two: Google 501, Xandikos 0.2.8 405, Radicale 3.1.8 502 for another host. */
const NO_MOVE: ReadonlySet<number | undefined> = new Set([403, 405, 409, 501, 502]);
/** Of these, what is said of the method and not of the item. */
const UNKNOWN_METHOD: ReadonlySet<number | undefined> = new Set([405, 501]);
/** How long a server that has no MOVE is not asked again; it may be replaced by a better one. */
const NO_MOVE_MS = 24 * 60 * 60 * 1000;

const memoKey = ({ info }: Site): string => `no-move ${info.href}`;

interface Move {
  readonly ref: ItemRef;
  /** Where it is to be. */
  readonly target: Href;
  readonly signal: AbortSignal | undefined;
}

/**
 * Moves an item into another collection of the account, under its name. Source and target are looked at first: Radicale 3.1.8 heeds no
 * If-Match with MOVE, sabre 1.8 no Overwrite (docs/facts.md, D22).
 * @throws PreconditionFailedError, AlreadyExistsError, RefusedError
 */
export async function moveItem(
  site: Site,
  ref: ItemRef,
  to: CollectionInfo,
  signal?: AbortSignal,
): Promise<WriteResult> {
  assertOurs(site, ref);
  const origin = site.originOf(to.href);
  if (origin.origin !== site.origin.origin)
    throw new RefusedError(`${to.href} is on another server (${origin.host}) than ${ref.href}`);
  if (to.kind !== site.info.kind) throw new RefusedError(`${to.href} holds no ${site.info.kind} items`);
  if (Number(site.memo.get(memoKey(site)) ?? 0) > site.nowMs())
    throw new RefusedError(`MOVE ${ref.href}: the server has no MOVE here`);
  const move: Move = { ref, target: href(to.href + lastSegment(ref.href)), signal };
  await assertUnchanged(site, move);
  if ((await look(site, move.target, signal)) !== 'gone') throw taken(move);
  try {
    const destination = urlAt(origin, move.target);
    const manner: Manner = { limit: 'item', signal };
    const exchange = await site.client.move(urlOf(site, ref.href), destination, ref.etag, manner);
    return { href: move.target, etag: headerEtag(exchange) };
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    return settleMove(site, move, error);
  }
}

async function settleMove(site: Site, move: Move, error: PimsyncError): Promise<WriteResult> {
  const status = statusOf(error);
  if (UNKNOWN_METHOD.has(status)) site.memo.set(memoKey(site), String(site.nowMs() + NO_MOVE_MS));
  if (isDuplicateUid(error)) throw as(AlreadyExistsError, error);
  if (status !== undefined && [404, 410, 412].includes(status)) {
    const source = await look(site, move.ref.href, move.signal);
    const target = await look(site, move.target, move.signal);
    // The answer to our first try was lost; that one did it.
    if (source === 'gone' && target !== 'gone' && wasRepeated(error))
      return { href: move.target, etag: target };
    await assertUnchanged(site, move);
    if (target !== 'gone') throw taken(move);
    throw as(RefusedError, error);
  }
  throw NO_MOVE.has(status) ? as(RefusedError, error) : asRefusal(error);
}

/** @throws PreconditionFailedError when the item is gone or another one; NotFoundError when its collection is gone */
async function assertUnchanged(site: Site, { ref, signal }: Move): Promise<void> {
  const now = await look(site, ref.href, signal);
  if (now !== 'gone' && now !== undefined && isSameEtag(now, ref.etag)) return;
  const error = new PreconditionFailedError(
    now === 'gone' ? `${ref.href} is gone` : `${ref.href} is no longer ${ref.etag}`,
  );
  if (now === 'gone') await assertCollectionIsThere(site, error, signal);
  throw error;
}

/** The etag of what is there; `undefined` where the server gives none. */
async function look(
  site: Site,
  at: Href,
  signal: AbortSignal | undefined,
): Promise<Etag | 'gone' | undefined> {
  try {
    return await readEtag(site, at, { limit: 'item', signal });
  } catch (error) {
    if (error instanceof NotFoundError) return 'gone';
    throw error;
  }
}

const taken = ({ target }: Move): AlreadyExistsError =>
  new AlreadyExistsError(`MOVE to ${target}: an item has that name already`);
