import type { Timer } from '../../src/lib/timer.ts';

interface Planned {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Time that passes only when a test says so. */
export class ManualTimer {
  nowMs = 0;
  readonly #planned = new Set<Planned>();
  #waiting: (() => void)[] = [];

  readonly timer: Timer = (delayMs, callback) => {
    const planned = { atMs: this.nowMs + delayMs, callback };
    this.#planned.add(planned);
    for (const resolve of this.#waiting.splice(0)) resolve();
    return () => void this.#planned.delete(planned);
  };

  /** How long until each callback that is planned, in order. */
  get delays(): number[] {
    return [...this.#planned].map(({ atMs }) => atMs - this.nowMs).toSorted((one, other) => one - other);
  }

  /** Resolves as soon as something is planned for the next `withinMs`, also when it is already. */
  async planned(withinMs: number): Promise<void> {
    while (!this.delays.some((delayMs) => delayMs <= withinMs))
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
  }

  /** Everything that is due within that time is called, in order. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const due = [...this.#planned].filter(({ atMs }) => atMs <= untilMs);
      const next = due.toSorted((one, other) => one.atMs - other.atMs)[0];
      if (!next) break;
      this.#planned.delete(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.callback();
    }
    this.nowMs = untilMs;
  }
}
