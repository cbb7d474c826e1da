import type { Side, SyncedItem } from '../core/status.ts';
import type { Create, Remove } from './action.ts';
import { isWritable } from './collection-job.ts';
import type { OpenCollection } from './collection-run.ts';
import { Ledger } from './ledger.ts';
import { OpenLeftovers } from './open-leftovers.ts';

/** An item that went from one collection into another on one side, which the other side is to follow. */
export interface Move {
  readonly from: OpenCollection;
  readonly to: OpenCollection;
  readonly remove: Remove;
  readonly create: Create;
  /** What both sides had before, */
  readonly agreed: SyncedItem | undefined;
  /** and its text, where that was kept. */
  readonly base: string | undefined;
}

/** Whether items may go from there, or come there, on that side. */
export const takesMoves = ({ job }: OpenCollection, on: Side): boolean =>
  isWritable(job, on) && !job.noDelete[on];

/** Records single steps before a collection's plan is carried out. */
export const ledgerOf = ({ job, look }: OpenCollection): Ledger =>
  new Ledger({
    status: job.status,
    known: look.known,
    leftovers: new OpenLeftovers(job.status, job.options.clock),
    clock: job.options.clock,
    onDone() {},
  });
