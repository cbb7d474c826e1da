import { type ErrorCode, type PimsyncError, ServerError } from '../core/errors.ts';
import type { Ident } from '../core/item.ts';
import { otherSide, type Side, type StatusStore, type Unfinished, type Version } from '../core/status.ts';
import type { Agreement } from '../core/status.ts';
import type { Href } from '../core/storage.ts';
import type { Clock } from '../lib/clock.ts';
import { SIDES } from './both-sides.ts';
import { type Create, leftOver, type Remove, type Send, type Update, type Write } from './action.ts';
import { inFlight } from './in-flight.ts';
import { type Known, UNREAD } from './known.ts';
import type { OpenLeftovers } from './open-leftovers.ts';

/**
 * What becomes of an item whose step failed. `stop`: all others would fail alike, so no more are tried. `raced`: somebody
 * else was faster, look again. `refused`: not tried again with the same content. `failed`: tried again next time.
 */
type Fate = 'stop' | 'raced' | 'refused' | 'failed';

const FATES = {
  'precondition-failed': 'raced',
  'already-exists': 'raced',
  refused: 'refused',
  'invalid-item': 'refused',
  forbidden: 'refused',
  'read-only': 'refused',
  'not-found': 'failed',
  server: 'failed',
  unreachable: 'stop',
  auth: 'stop',
  busy: 'stop',
  state: 'stop',
  emptied: 'stop',
  config: 'stop',
  usage: 'stop',
  mount: 'stop',
} as const satisfies Record<ErrorCode, Fate>;

/** A write that was sent and stored. */
export interface Sent {
  readonly action: Send;
  readonly source: Version;
  readonly written: Version;
  readonly text: string;
}

export interface LedgerInput {
  readonly status: StatusStore;
  readonly known: Known;
  readonly leftovers: OpenLeftovers;
  readonly clock: Clock;
  /** A person said that what is deleted is meant, so it tells nothing of the next deletions. */
  readonly isConfirmed?: boolean;
  /** Told of each write that was done; of a removal right before it is recorded. */
  readonly onDone: (write: Write, href: Href) => void;
}

/** Writes down each step as soon as it is done, and what could not be done. Any moment between two calls is safe to die. */
export class Ledger {
  readonly failures: Unfinished[] = [];
  /** Somebody else wrote meanwhile: looking again now settles it. */
  raced = false;
  /** Sides that hold something which their changes did not tell. */
  readonly relist = new Set<Side>();
  readonly #input: LedgerInput;
  /** In a first run, what this run recorded: looking for each place in the status would take longer than all else. */
  readonly #owners: Readonly<Record<Side, Map<Href, Ident>>> = { a: new Map(), b: new Map() };

  constructor(input: LedgerInput) {
    this.#input = input;
  }

  sent(batch: readonly Sent[]): void {
    this.agreed(
      batch.map(({ action, source, written, text }) => ({
        ident: action.ident,
        a: action.on === 'a' ? written : source,
        b: action.on === 'b' ? written : source,
        text,
      })),
    );
    for (const { action, written } of batch) this.#input.onDone(action, written.href);
  }

  /** The merged text is on one side. What both had before counts as agreed, with the other side's text as the base of what comes. */
  halfMerged(action: Update, written: Version, text: string): void {
    const { ident, on, source, target } = action;
    this.agreed([{ ident, text, ...(on === 'b' ? { a: source, b: target } : { a: target, b: source }) }]);
    this.#input.onDone(action, written.href);
  }

  /** A version of an item got a place of its own, of which the other side knows nothing yet: no agreement. */
  copied(action: Create, href: Href): void {
    this.#input.onDone(action, href);
  }

  removed(action: Remove): void {
    const { status, leftovers, clock, onDone } = this.#input;
    // While it is still known what it was.
    onDone(action, action.target.href);
    if (this.#input.isConfirmed === true) status.forget([action.ident]);
    else status.removed(action.ident, action.on, clock.nowMs());
    leftovers.settle(action.ident);
  }

  forgotten(idents: readonly Ident[]): void {
    if (idents.length === 0) return;
    this.#outdateStates();
    this.#input.status.forget(idents);
    for (const ident of idents) this.#input.leftovers.settle(ident);
  }

  agreed(agreements: readonly Agreement[]): void {
    const { status, leftovers } = this.#input;
    if (agreements.length === 0) return;
    this.#outdateStates();
    const displaced = this.#displacedBy(agreements);
    if (displaced.length > 0) status.forget(displaced);
    status.put(agreements);
    for (const agreement of agreements) {
      leftovers.settle(agreement.ident);
      if (this.#input.known.isBlank)
        for (const side of SIDES) this.#owners[side].set(agreement[side].href, agreement.ident);
    }
  }

  /** @throws the error itself when going on with other items would be in vain */
  failed(action: Write, error: PimsyncError): void {
    const fate = fateOf(error);
    if (fate === 'stop') throw error;
    if (fate === 'raced') this.#lostRace(action, error);
    else
      this.#leave(leftOver(action, { type: fate, reason: error.message, atMs: this.#input.clock.nowMs() }));
  }

  /** The source changed between looking and sending. */
  sourceMoved(action: Send): void {
    this.raced = true;
    const left = leftOver(action, this.#because('it changed while it was to be sent'));
    this.#leave({ ...left, [otherSide(action.on)]: { ...action.source, hash: UNREAD } });
  }

  /** It was stored, but could not be read back. The note that it is being sent stays, so that the next look knows whose it is. */
  unconfirmed(action: Send): void {
    this.raced = true;
    this.#leave(inFlight(action, this.#input.clock.nowMs()));
  }

  /** What was told of states is older than what is recorded from now on; one that comes back would hide that this was undone. */
  #outdateStates(): void {
    const { status, leftovers } = this.#input;
    if (SIDES.some((side) => status.progress(side).state !== undefined)) leftovers.save();
  }

  #lostRace(action: Write, error: PimsyncError): void {
    this.raced = true;
    const left = leftOver(action, this.#because(error.message));
    if (action.type === 'create') {
      const before = this.#input.known.leftovers.get(action.ident);
      const isSecond = before?.type === 'failed' && before.reason === left.reason;
      // Listing everything each time an item stays in the way would be dear; once tells whether it is in this collection.
      if (!isSecond) this.relist.add(action.on);
      // Elsewhere in the account, or outside of the window: it stays so until somebody does something about it.
      this.#leave(isSecond ? { ...left, type: 'refused' } : left);
    } else this.#leave({ ...left, [action.on]: { ...action.target, hash: UNREAD } });
  }

  #because(reason: string): Pick<Unfinished, 'type' | 'reason' | 'atMs'> {
    return { type: 'failed', reason, atMs: this.#input.clock.nowMs() };
  }

  #leave(unfinished: Unfinished): void {
    this.failures.push(unfinished);
    this.#input.leftovers.leave(unfinished);
  }

  /** Items that are recorded at a place which now has another; without their record they are new ones, wherever they are. */
  #displacedBy(agreements: readonly Agreement[]): Ident[] {
    const recorded = new Set(agreements.map(({ ident }) => ident));
    const owners = agreements.flatMap((one) => SIDES.map((side) => this.#ownerOf(side, one[side].href)));
    return owners.flatMap((owner) => (owner === undefined || recorded.has(owner) ? [] : [owner]));
  }

  #ownerOf(side: Side, href: Href): Ident | undefined {
    const { status, known } = this.#input;
    return known.isBlank ? this.#owners[side].get(href) : status.byHref(side, href)?.ident;
  }
}

/** A server that says when to come back is not asked 10,000 times more. */
const fateOf = (error: PimsyncError): Fate =>
  error instanceof ServerError && error.retryAfterSeconds !== undefined ? 'stop' : FATES[error.code];
