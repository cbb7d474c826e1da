import { EmptiedError } from '../core/errors.ts';
import { otherSide, type Side } from '../core/status.ts';
import type { Href } from '../core/storage.ts';
import { type Write, writesOf } from './action.ts';
import { SIDES } from './both-sides.ts';
import type { CollectionResult, OpenCollection } from './collection-run.ts';
import { decide } from './decide.ts';
import { storedProblems, toPlanned, toProblems, toWaiting } from './notes.ts';
import { toFailure } from './report.ts';

/** What a run would do, and what it would leave to a person's word. Changes nothing. */
export async function planOnly(open: OpenCollection): Promise<CollectionResult> {
  const { job, look, movedAway } = open;
  const sources = { kind: job.infos.a.kind, status: job.status, pool: look.pool };
  try {
    const { actions, left, held } = await decide(job, look, movedAway);
    const writes = actions.flatMap(writesOf);
    await readUntold([...writes, ...held.map(({ action }) => action)], open);
    const waiting = new Set(held.map(({ action }) => action.ident));
    return {
      outcome: 'planned',
      changes: writes.map((action) => toPlanned(action, sources)),
      waiting: held.map((step) => toWaiting(step.action, step.left.reason, sources)),
      problems: toProblems(
        left.filter(({ ident }) => !waiting.has(ident)),
        sources,
      ),
      error: undefined,
    };
  } catch (error) {
    if (!(error instanceof EmptiedError)) throw error;
    const removals = look.planned.filter((action) => action.type === 'remove');
    return {
      outcome: 'failed',
      changes: [],
      waiting: removals.map((action) => toWaiting(action, error.message, sources)),
      problems: storedProblems(sources.kind, sources.status, sources.pool),
      error: toFailure(error),
    };
  }
}

/** Texts of items that never were on both sides and were read by a former run: a plan is for people, who go by titles. */
async function readUntold(
  writes: readonly Write[],
  { job: { collections, status, options }, look: { pool } }: OpenCollection,
): Promise<void> {
  for (const side of SIDES) {
    const untold = writes.flatMap((write) => {
      const place = textOf(write);
      const isTold = pool.get(side, place.href) !== undefined || status.base(write.ident) !== undefined;
      return place.side === side && !isTold ? [place.href] : [];
    });
    if (untold.length === 0) continue;
    for await (const fetched of collections[side].fetch(untold, options.signal))
      if (fetched.type === 'item') pool.add(side, fetched.href, fetched.item);
  }
}

const textOf = (write: Write): { readonly side: Side; readonly href: Href } =>
  write.type === 'remove'
    ? { side: write.on, href: write.target.href }
    : { side: otherSide(write.on), href: write.source.href };
