import type { Ident } from '../core/item.ts';
import type { StatusStore, Unfinished } from '../core/status.ts';
import type { Clock } from '../lib/clock.ts';
import type { Write } from './action.ts';
import { inFlight } from './in-flight.ts';

/** The leftovers while a run is under way, so that a run that ends early leaves what is true at that moment. */
export class OpenLeftovers {
  readonly #status: StatusStore;
  readonly #clock: Clock;
  readonly #open: Map<Ident, Unfinished>;

  constructor(status: StatusStore, clock: Clock) {
    this.#status = status;
    this.#clock = clock;
    this.#open = new Map(status.unfinished().map((left) => [left.ident, left]));
  }

  /** Stores that these are being sent or removed, before they are. */
  markInFlight(actions: readonly Write[]): void {
    if (actions.length === 0) return;
    for (const action of actions) this.leave(inFlight(action, this.#clock.nowMs()));
    this.save();
  }

  leave(unfinished: Unfinished): void {
    this.#open.set(unfinished.ident, unfinished);
  }

  settle(ident: Ident): void {
    this.#open.delete(ident);
  }

  /**
   * Stores the leftovers: what was read is read again, from where the last complete run ended. The states do not outlast it. They are
   * older than what is recorded from now on, and a state that comes back (a digest of the contents) would hide that it was undone.
   */
  save(): void {
    this.#status.finish({
      a: { ...this.#status.progress('a'), state: undefined },
      b: { ...this.#status.progress('b'), state: undefined },
      unfinished: [...this.#open.values()],
      atMs: this.#clock.nowMs(),
    });
  }
}
