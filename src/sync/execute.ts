import { PimsyncError } from '../core/errors.ts';
import type { Item } from '../core/item.ts';
import type { Side, StatusStore, Version } from '../core/status.ts';
import type { Collection } from '../core/storage.ts';
import type { Action, Remember, Remove } from './action.ts';
import { inParallel } from './in-parallel.ts';
import type { Copies } from './identify.ts';
import type { Ledger } from './ledger.ts';
import type { OpenLeftovers } from './open-leftovers.ts';
import { Sender } from './send.ts';
import type { TextPool } from './text-pool.ts';
import { writeCopies } from './write-copies.ts';
import { writeMerged } from './write-merged.ts';

const SIDES = ['a', 'b'] as const satisfies readonly Side[];
/** Rows a transaction: the mount's file server may be waiting for the database. */
const REMEMBER_CHUNK = 200;
/** Items held in memory, and marked as being sent, at once. */
const SEND_CHUNK = 100;

export interface ExecuteContext {
  readonly collections: Readonly<Record<Side, Collection>>;
  /** Further places of items that a side has more than once; what is done to an item is done to them. */
  readonly copies: Readonly<Record<Side, Copies | undefined>>;
  readonly status: StatusStore;
  readonly ledger: Ledger;
  readonly leftovers: OpenLeftovers;
  readonly pool: TextPool;
  readonly signal: AbortSignal | undefined;
}

/**
 * Does what was planned: removals first, as they make room, then merges and updates, then new items. What fails is in the ledger; one
 * failing item never holds up the others.
 * @throws PimsyncError when the rest would fail too
 */
export async function executePlan(actions: readonly Action[], context: ExecuteContext): Promise<void> {
  const { collections, ledger, leftovers, signal } = context;
  for (const side of SIDES) {
    const removals = actions.filter((action) => action.type === 'remove').filter(({ on }) => on === side);
    leftovers.markInFlight(removals);
    await inParallel(collections[side].parallelWrites, removals, (action) => remove(action, context));
  }
  signal?.throwIfAborted();
  ledger.forgotten(actions.filter(({ type }) => type === 'forget').map(({ ident }) => ident));
  remember(
    actions.filter((action) => action.type === 'remember'),
    context,
  );
  const halves = await writeMerged(
    actions.filter((action) => action.type === 'merge'),
    context,
  );
  const rest = await writeCopies(
    actions.filter((action) => action.type === 'split'),
    context,
  );
  const sends = [
    ...halves,
    ...rest,
    ...actions.filter((action) => action.type === 'update' || action.type === 'create'),
  ];
  for (const type of ['update', 'create'] as const) {
    for (const side of SIDES) {
      const sender = new Sender(side, context);
      for (const chunk of inChunks(
        sends.filter((action) => action.type === type && action.on === side),
        SEND_CHUNK,
      ))
        await sender.send(chunk);
    }
  }
}

async function remove(action: Remove, context: ExecuteContext): Promise<void> {
  const { collections, copies, ledger, signal } = context;
  signal?.throwIfAborted();
  try {
    // Copies first: one that was left would be a new item.
    for (const copy of copies[action.on]?.get(action.ident) ?? [])
      await collections[action.on].remove(copy, signal);
    await collections[action.on].remove(action.target, signal);
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    ledger.failed(action, error);
    return;
  }
  ledger.removed(action);
}

function remember(actions: readonly Remember[], { status, ledger, pool }: ExecuteContext): void {
  for (const chunk of inChunks(actions, REMEMBER_CHUNK)) {
    ledger.agreed(
      chunk.map(({ ident, a, b }) => {
        const before = status.get(ident);
        const isKnown = before?.a.hash === a.hash && before.b.hash === b.hash;
        const text = isKnown ? undefined : (readAs('a', a, pool) ?? readAs('b', b, pool))?.text;
        return { ident, a, b, text };
      }),
    );
    for (const { a, b } of chunk) {
      if (readAs('a', a, pool)) pool.drop('a', a.href);
      if (readAs('b', b, pool)) pool.drop('b', b.href);
    }
  }
}

/** What is remembered of a write in flight may be older than what was read since, and is about to be sent. */
function readAs(side: Side, { href, hash }: Version, pool: TextPool): Item | undefined {
  const held = pool.get(side, href);
  return held?.hash === hash ? held : undefined;
}

function* inChunks<T>(items: readonly T[], size: number): Iterable<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
