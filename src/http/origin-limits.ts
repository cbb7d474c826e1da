import { Limiter } from '../lib/limiter.ts';
import { CONNECTIONS_PER_ORIGIN } from './transport.ts';

/** Bounds the requests under way at each origin, for all storages that share it: to the server, two accounts are one machine. */
export class OriginLimits {
  readonly #limiters = new Map<string, Limiter>();

  limiterFor({ origin }: URL): Limiter {
    const known = this.#limiters.get(origin);
    if (known) return known;
    const limiter = new Limiter(CONNECTIONS_PER_ORIGIN);
    this.#limiters.set(origin, limiter);
    return limiter;
  }
}
