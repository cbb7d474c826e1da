import type { Ident } from '../core/item.ts';
import { otherSide, type Side } from '../core/status.ts';
import type { Href } from '../core/storage.ts';
import type { Create, Write } from './action.ts';
import { type CollectionJob, isWritable } from './collection-job.ts';
import { executePlan } from './execute.ts';
import type { Known, KnownItem } from './known.ts';
import { Ledger } from './ledger.ts';
import type { Listing } from './listing.ts';
import { OpenLeftovers } from './open-leftovers.ts';
import type { TextPool } from './text-pool.ts';

export interface FirstFillInput {
  readonly job: CollectionJob;
  readonly known: Known;
  readonly listings: Readonly<Record<Side, Listing>>;
  readonly pool: TextPool;
  readonly onDone: (write: Write, href: Href) => void;
}

/**
 * Where a side has nothing and never had, each item's fate is certain as soon as it is read; so it is written while the next ones
 * are on their way, and a run that ends half way has not read them in vain. What cannot be written, and whatever is less simple,
 * waits for the plan. A second item of one UID that comes later is found there, beside the first one.
 */
export class FirstFill {
  readonly #input: FirstFillInput;
  readonly #on: Side;
  readonly #leftovers: OpenLeftovers;
  readonly #ledger: Ledger;
  readonly #seen = new Set<Ident>();
  /** Where the items were read that are written. */
  readonly #written = new Set<Href>();

  private constructor(on: Side, input: FirstFillInput) {
    const { job, known, onDone } = input;
    const { status, options } = job;
    this.#input = input;
    this.#on = on;
    this.#leftovers = new OpenLeftovers(status, options.clock);
    this.#ledger = new Ledger({
      status,
      known,
      leftovers: this.#leftovers,
      clock: options.clock,
      onDone: (write, href) => {
        if (write.type === 'create') this.#written.add(write.source.href);
        onDone(write, href);
      },
    });
  }

  /**
   * @param from the side that is read
   * @returns undefined where this is no such run, or writing many at once gains nothing
   */
  static of(from: Side, input: FirstFillInput): FirstFill | undefined {
    const { job, known, listings } = input;
    const on = otherSide(from);
    if (job.oneWay && on === 'a') return undefined;
    const isFirst = known.isBlank && listings[from].complete && hasNothing(listings[on]);
    if (!isFirst || !job.collections[on].createMany || !isWritable(job, on)) return undefined;
    return new FirstFill(on, input);
  }

  /** @returns those of the items that the plan still has to decide about; also what could not be written, to be tried and told there */
  async write(found: readonly KnownItem[]): Promise<KnownItem[]> {
    const { job, pool } = this.#input;
    const { status, collections, options } = job;
    const { signal } = options;
    try {
      await executePlan(this.#creates(found), {
        collections,
        copies: NO_COPIES,
        status,
        ledger: this.#ledger,
        leftovers: this.#leftovers,
        pool,
        signal,
      });
    } catch (error) {
      this.#leftovers.save();
      throw error;
    }
    return found.filter(({ version }) => !this.#written.has(version.href));
  }

  #creates(found: readonly KnownItem[]): Create[] {
    const counts = new Map<Ident, number>();
    for (const { ident } of found) counts.set(ident, (counts.get(ident) ?? 0) + 1);
    const alone = found.filter(({ ident }) => counts.get(ident) === 1 && !this.#seen.has(ident));
    for (const ident of counts.keys()) this.#seen.add(ident);
    return alone.map(({ ident, version }) => ({ type: 'create', on: this.#on, ident, source: version }));
  }
}

/** Nothing that was there before is written to. */
const NO_COPIES = { a: undefined, b: undefined };

const hasNothing = ({ complete, stale, unclear }: Listing): boolean =>
  complete && stale.size === 0 && unclear.length === 0;
