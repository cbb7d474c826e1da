import type { Timer } from './timer.ts';

export interface DebounceOptions {
  /** So long nothing more must happen. */
  readonly quietMs: number;
  /** Waits no longer than this after the first event, however many follow. */
  readonly mostMs: number;
  readonly timer: Timer;
  readonly run: () => void;
}

/** Makes one call of many events that come close together. */
export class Debounce {
  readonly #options: DebounceOptions;
  #cancelQuiet: (() => void) | undefined;
  #cancelMost: (() => void) | undefined;

  constructor(options: DebounceOptions) {
    this.#options = options;
  }

  /** Something happened. */
  poke(): void {
    const { quietMs, mostMs, timer } = this.#options;
    this.#cancelQuiet?.();
    this.#cancelQuiet = timer(quietMs, () => this.#fire());
    this.#cancelMost ??= timer(mostMs, () => this.#fire());
  }

  /** Forgets what happened so far. */
  cancel(): void {
    this.#cancelQuiet?.();
    this.#cancelMost?.();
    this.#cancelQuiet = undefined;
    this.#cancelMost = undefined;
  }

  #fire(): void {
    this.cancel();
    this.#options.run();
  }
}
