import { PimsyncError } from '../core/errors.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import type { Limiter } from '../lib/limiter.ts';
import type { Logger } from '../lib/logger.ts';
import type { Pair } from '../sync/pair.ts';
import type { ConflictPlace, ConflictTexts } from '../sync/read-conflict.ts';
import type { PairReport } from '../sync/report.ts';
import type { ItemResolution, Resolution } from '../sync/resolution.ts';
import { makeOneText, type RunProgram } from './make-one-text.ts';
import { keyOf, type TriedConflicts, type WaitingConflict, waitingConflicts } from './tried-conflicts.ts';

/** Who decides about the conflicts of a pair in place of a person. */
export interface ConflictCommandOf {
  readonly run: RunProgram;
  readonly env: NodeJS.ProcessEnv;
  /** Shared by all pairs. */
  readonly limiter: Limiter;
  readonly tried: TriedConflicts;
}

/** A pair whose conflicts a command decides about, after a run. */
export interface Deciding {
  readonly pair: Pair;
  readonly command: ConflictCommandOf;
  /** What the run was about. */
  readonly collections: ReadonlySet<string>;
  /** A person asked: also what came to nothing before. */
  readonly explicit: boolean;
  readonly signal: AbortSignal | undefined;
  /** Told of each run as soon as it is done. */
  readonly onReport?: (report: PairReport) => void;
}

interface CommandOptions {
  readonly read: (pair: string, place: ConflictPlace, signal?: AbortSignal) => Promise<ConflictTexts>;
  /** Synchronises one collection with what was decided. */
  readonly sync: (
    pair: string,
    work: { readonly collection: string; readonly resolutions: readonly Resolution[] },
    signal?: AbortSignal,
  ) => Promise<PairReport>;
  readonly log: Logger;
}

interface Decision {
  readonly conflict: WaitingConflict;
  readonly resolution: Resolution;
}

/**
 * Runs the commands of pairs for what waits in them, and brings to both sides what they make of it. No pair is locked while a command
 * runs, and each result is taken on as it comes, so that a slow one holds up nothing but its own item.
 */
export class ConflictCommands {
  readonly #options: CommandOptions;
  /** Items that a command is deciding about. */
  readonly #running = new Map<string, Promise<readonly PairReport[]>>();
  /** What was decided and waits for the run of its collection that is under way. */
  readonly #decided = new Map<string, Decision[]>();
  readonly #locks = new KeyedLock();

  constructor(options: CommandOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all that waited, and was not tried before, is decided and dealt with; also what other callers had begun.
   * @returns the reports of the runs that this took
   */
  async decide(deciding: Deciding): Promise<readonly PairReport[]> {
    const { pair, command, collections, explicit } = deciding;
    const waiting = waitingConflicts(pair).filter(({ collection }) => collections.has(collection));
    const wanted = waiting.filter((one) => explicit || !command.tried.has(one));
    const ends = await Promise.allSettled(wanted.map((one) => this.#decideOnce(one, deciding)));
    return ends.flatMap((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
  }

  #decideOnce(conflict: WaitingConflict, deciding: Deciding): Promise<readonly PairReport[]> {
    const key = `${deciding.pair.name}/${keyOf(conflict)}`;
    const before = this.#running.get(key);
    if (before) return before;
    const mine = this.#decideAbout(conflict, deciding).finally(() => this.#running.delete(key));
    this.#running.set(key, mine);
    return mine;
  }

  async #decideAbout(conflict: WaitingConflict, deciding: Deciding): Promise<readonly PairReport[]> {
    const { pair, command, signal } = deciding;
    try {
      const how = await command.limiter.run(() => this.#ask(conflict, deciding), signal);
      const seen = { a: conflict.a, b: conflict.b };
      if (!how) return [];
      return await this.#bring({ conflict, resolution: { ident: conflict.ident, how, seen } }, deciding);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof PimsyncError)) throw error;
      // Gone, or out of reach: the next run looks at it anew.
      this.#options.log.debug(
        { pair: pair.name, reason: error.message },
        'no command was run for a conflict',
      );
      return [];
    }
  }

  /** @returns undefined when it is no longer what was waiting */
  async #ask(
    { collection, ident, a, b }: WaitingConflict,
    { pair, command, signal }: Deciding,
  ): Promise<ItemResolution['how'] | undefined> {
    const texts = await this.#options.read(pair.name, { collection, ident }, signal);
    if (texts.a.hash !== a || texts.b.hash !== b) return undefined;
    const { kind, base } = texts;
    const versions = { kind, base, a: texts.a.text, b: texts.b.text };
    return makeOneText(command.run, versions, { env: command.env, signal });
  }

  /** With the next run of its collection; what is decided by then goes with it. */
  #bring(decision: Decision, deciding: Deciding): Promise<readonly PairReport[]> {
    const { collection } = decision.conflict;
    const key = `${deciding.pair.name}/${collection}`;
    const queue = this.#decided.get(key) ?? [];
    queue.push(decision);
    this.#decided.set(key, queue);
    return this.#locks.run(key, async () => {
      const batch = queue.splice(0);
      return batch.length === 0 ? [] : [await this.#syncWith(batch, collection, deciding)];
    });
  }

  async #syncWith(batch: readonly Decision[], collection: string, deciding: Deciding): Promise<PairReport> {
    const { pair, command, signal, onReport } = deciding;
    const resolutions = batch.map(({ resolution }) => resolution);
    const report = await this.#options.sync(pair.name, { collection, resolutions }, signal);
    if (!report.error && report.collections.every(({ error }) => !error)) {
      const waiting = waitingConflicts(pair);
      const left = batch.filter(({ conflict }) => waiting.some((one) => isSame(one, conflict)));
      command.tried.add(
        left.map(({ conflict }) => conflict),
        waiting,
      );
    }
    onReport?.(report);
    return report;
  }
}

const isSame = (one: WaitingConflict, other: WaitingConflict): boolean =>
  keyOf(one) === keyOf(other) && one.a === other.a && one.b === other.b;
