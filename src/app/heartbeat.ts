import { networkInterfaces } from 'node:os';
import type { Clock } from '../lib/clock.ts';
import type { Timer } from '../lib/timer.ts';

export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Sleeps through a suspend, as timers of Linux do. */
  readonly timer: Timer;
  /** At which addresses this machine can be reached now, its own network aside. */
  readonly addresses: () => ReadonlySet<string>;
  /** The machine was suspended, or somebody set the clock. */
  readonly onJump: () => void;
  /** It is in a network in which it was not. */
  readonly onNetwork: () => void;
}

const BEAT_MS = 30_000;
/** A busy machine is late too; a jump is what no interval would notice. */
const TOLERANCE_MS = 30_000;

/** Notices what no program is told of: that time has jumped, and that there is a network again. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #lastMs = 0;
  #addresses: ReadonlySet<string> = new Set();
  #cancel: (() => void) | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    this.#addresses = this.#options.addresses();
    this.#plan();
  }

  stop(): void {
    this.#cancel?.();
  }

  #plan(): void {
    const { clock, timer } = this.#options;
    this.#lastMs = clock.nowMs();
    this.#cancel = timer(BEAT_MS, () => this.#beat());
  }

  #beat(): void {
    const { clock, addresses, onJump, onNetwork } = this.#options;
    const now = addresses();
    const before = this.#addresses;
    this.#addresses = now;
    const passedMs = clock.nowMs() - this.#lastMs;
    this.#plan();
    if (Math.abs(passedMs - BEAT_MS) > TOLERANCE_MS) onJump();
    else if ([...now].some((address) => !before.has(address))) onNetwork();
  }
}

/** Link-local addresses come and go with every virtual network, and lead nowhere. */
export function reachableAddresses(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(
    all
      .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address))
      .map(({ address }) => address),
  );
}
