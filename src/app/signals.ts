const STOP = ['SIGINT', 'SIGTERM'] as const;

/**
 * Calls back at the first SIGINT or SIGTERM. From then on these signals have their usual effect again, so that a second one ends the
 * process at once.
 * @returns takes the listeners away
 */
export function onStopSignal(stop: () => void): () => void {
  const letGo = (): void => {
    for (const name of STOP) process.off(name, first);
  };
  const first = (): void => {
    letGo();
    stop();
  };
  for (const name of STOP) process.on(name, first);
  return letGo;
}

export type Wish = 'stop' | 'sync' | 'reload';

/** What people want of a daemon, told by signals, in order. */
export class Wishes {
  readonly #waiting: Wish[] = [];
  readonly #letGo: (() => void)[] = [];
  #wake: () => void = () => {};

  constructor() {
    this.#letGo.push(onStopSignal(() => this.#add('stop')));
    for (const [signal, wish] of [
      ['SIGUSR1', 'sync'],
      ['SIGHUP', 'reload'],
    ] as const) {
      const listener = (): void => this.#add(wish);
      process.on(signal, listener);
      this.#letGo.push(() => process.off(signal, listener));
    }
  }

  async next(): Promise<Wish> {
    for (;;) {
      const wish = this.#waiting.shift();
      if (wish) return wish;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  letGo(): void {
    for (const letGo of this.#letGo) letGo();
  }

  #add(wish: Wish): void {
    // Stopping comes before everything that was wished for earlier.
    if (wish === 'stop') this.#waiting.unshift(wish);
    else this.#waiting.push(wish);
    this.#wake();
  }
}
