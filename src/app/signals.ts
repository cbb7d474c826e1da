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

/** How a mount is to end: sending what is pending, or right now. */
export type Haste = 'in peace' | 'at once';

/**
 * Calls back for each SIGINT and SIGTERM: the second one is in haste, of whichever kind. SIGUSR2 never is, however often it comes: it is
 * for who passes signals on and cannot know whether they came here by themselves as well (scripts/start.mjs).
 * @returns takes the listeners away
 */
export function onStopSignals(stop: (how: Haste) => void): () => void {
  let wasAsked = false;
  const ask = (): void => {
    stop(wasAsked ? 'at once' : 'in peace');
    wasAsked = true;
  };
  const askGently = (): void => stop('in peace');
  for (const name of STOP) process.on(name, ask);
  process.on('SIGUSR2', askGently);
  return () => {
    for (const name of STOP) process.off(name, ask);
    process.off('SIGUSR2', askGently);
  };
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
