import { PimsyncError, ServerError, UnreachableError } from '../core/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { type Answer, MAX_BODY_BYTES, readBody } from './answer.ts';
import { connectionError, isBrokenConnection } from './connection-error.ts';
import type { Credentials } from './credentials.ts';
import { relationOf } from './origin.ts';
import type { OriginLimits } from './origin-limits.ts';
import { Oversized, TimeLimit } from './refusal.ts';
import {
  isPassing,
  isRepeatable,
  MAX_ATTEMPTS,
  retryAfterSeconds,
  waitBeforeRetryMs,
} from './retry-policy.ts';
import { withTimeLimit } from './time-limit.ts';
import type { Timing } from './timing.ts';
import type { ConnectionPool } from './transport.ts';

const MAX_REDIRECTS = 5;
const MIN_SECRET = 8;
/** Radicale with a cold cache and Xandikos's multiget take minutes for a report (docs/facts.md, P5). */
const LIMIT_MS = { item: 60_000, report: 300_000 } as const;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const READS: ReadonlySet<string> = new Set(['GET', 'PROPFIND', 'REPORT', 'OPTIONS']);

export interface GuardOptions {
  /** Credentials and configured headers go to its origin. */
  readonly url: URL;
  readonly credentials: Credentials;
  readonly headers: ReadonlyMap<string, string>;
  readonly userAgent: string;
  /** In place of the limits for each kind of request. */
  readonly timeoutMs: number | undefined;
  readonly connections: ConnectionPool;
  readonly limits: OriginLimits;
  readonly timing: Timing;
  readonly log: Logger;
  readonly maxBodyBytes?: number | undefined;
  /** How messages and logs call a path, where paths are secrets; unless set, as it is. */
  readonly shownPath?: ((path: string) => string) | undefined;
}

export interface GuardedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** How a request is to be treated. */
export interface Manner {
  readonly limit: keyof typeof LIMIT_MS;
  /** While looking for the account, credentials may go to other hosts of the same domain over https. */
  readonly discovery?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** An answer, whatever its status, and how it came about. */
export interface Exchange {
  readonly answer: Answer;
  /** An earlier try may have been carried out although its answer was lost; a 412 may be its echo. */
  readonly repeated: boolean;
  /** `false`: the host was foreign, so that a 401 says nothing about the credentials. */
  readonly authorized: boolean;
}

interface Hop {
  readonly answer: Answer;
  readonly authorized: boolean;
}

/**
 * The one way to the network (docs/facts.md, B6): bounded in connections, time, size, redirects and tries, and careful with
 * credentials. Rejects with errors of ours when there is no answer, and with the signal's reason when it is aborted.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #trusted = new Set<string>();
  readonly #closing = new AbortController();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** From now on credentials go to that origin too, if it is of the configured domain: the account was found there. */
  trust(url: URL): void {
    if (relationOf(this.#options.url, url) === 'sibling') this.#trusted.add(url.origin);
  }

  /** Asks for the credentials now, which else the first request does. @throws what the asking throws */
  async askCredentials(): Promise<void> {
    await this.#options.credentials.authorization();
  }

  /** What no message may repeat. Configured headers may hold a key; short values are words like `1` or `true`. */
  secrets(): readonly string[] {
    const { credentials, headers } = this.#options;
    return [...credentials.secrets(), ...[...headers.values()].filter((value) => value.length >= MIN_SECRET)];
  }

  nowMs(): number {
    return this.#options.timing.clock.nowMs();
  }

  async close(): Promise<void> {
    this.#closing.abort(new UnreachableError('the storage was closed'));
    await this.#options.connections.close();
  }

  /** Sends, and sends again where that is safe and may help. */
  async send(request: GuardedRequest, manner: Manner): Promise<Exchange> {
    const repeatable = isRepeatable(request.method, request.headers);
    for (let attempt = 1; ; attempt += 1) {
      const last = !repeatable || attempt >= MAX_ATTEMPTS;
      const result = await this.#tryOnce(request, manner, last);
      const retryAfter = result && retryAfterSeconds(result.answer.headers.get('retry-after'), this.nowMs());
      if (result && (last || !isPassing(result.answer.status))) return { ...result, repeated: attempt > 1 };
      const failure = { status: result?.answer.status, retryAfter };
      const waitMs = waitBeforeRetryMs(attempt, failure, this.#options.timing);
      if (result && waitMs === undefined) return { ...result, repeated: attempt > 1 };
      await this.#sleep(waitMs ?? 0, manner.signal);
    }
  }

  /** `undefined`: the connection broke, and trying again is allowed. */
  async #tryOnce(request: GuardedRequest, manner: Manner, last: boolean): Promise<Hop | undefined> {
    try {
      return await this.#follow(request, manner);
    } catch (error) {
      manner.signal?.throwIfAborted();
      if (error instanceof PimsyncError) throw error;
      if (!last && isBrokenConnection(error)) return undefined;
      // With the host: it may be the wrong one, or another than the configured one.
      throw toError(`${request.method} ${request.url.origin}${this.#shown(request.url)}`, error);
    }
  }

  async #follow(request: GuardedRequest, manner: Manner): Promise<Hop> {
    let { url } = request;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const hop = await this.#hop({ ...request, url }, manner);
      const location = hop.answer.headers.get('location');
      if (!REDIRECTS.has(hop.answer.status) || location === null || !URL.canParse(location, url.href))
        return hop;
      url = this.#redirect(request, url, new URL(location, url));
    }
    throw new ServerError(
      `${request.method} ${this.#shown(request.url)}: redirected more than ${MAX_REDIRECTS} times`,
    );
  }

  #redirect(request: GuardedRequest, from: URL, to: URL): URL {
    const what = `${request.method} ${this.#shown(from)}: redirected to ${to.origin}${this.#shown(to)}`;
    if (to.protocol !== 'https:' && !(to.protocol === 'http:' && from.protocol === 'http:'))
      throw new ServerError(`${what}, which is not encrypted; not followed`);
    if (
      !READS.has(request.method) &&
      relationOf(this.#options.url, to) !== 'same' &&
      !this.#trusted.has(to.origin)
    )
      throw new ServerError(`${what}, another server; nothing is written there`);
    return to;
  }

  async #hop(request: GuardedRequest, manner: Manner): Promise<Hop> {
    const { timeoutMs, limits } = this.#options;
    const run = (): Promise<Hop> =>
      withTimeLimit(timeoutMs ?? LIMIT_MS[manner.limit], [manner.signal, this.#closing.signal], (signal) =>
        this.#exchange(request, manner, signal),
      );
    return limits.limiterFor(request.url).run(run, manner.signal);
  }

  async #exchange(request: GuardedRequest, manner: Manner, signal: AbortSignal): Promise<Hop> {
    const { connections, log, maxBodyBytes = MAX_BODY_BYTES } = this.#options;
    const { url, method, body } = request;
    const allowed = this.#mayKnowUs(url, manner);
    const authorization = allowed ? await this.#options.credentials.authorization() : undefined;
    const startedMs = this.nowMs();
    const headers = this.#headers(request, allowed, authorization);
    const response = await connections.send({ url, method, headers, body, signal });
    const bytes = await readBody(response, maxBodyBytes);
    log.debug(
      {
        method,
        path: this.#shown(url),
        status: response.status,
        bytes: bytes.length,
        ms: this.nowMs() - startedMs,
      },
      'request',
    );
    return {
      answer: { url, status: response.status, headers: response.headers, body: bytes },
      authorized: authorization !== undefined,
    };
  }

  #headers(
    request: GuardedRequest,
    allowed: boolean,
    authorization: string | undefined,
  ): Record<string, string> {
    return {
      'user-agent': this.#options.userAgent,
      'accept-encoding': 'gzip, deflate',
      ...(allowed ? Object.fromEntries(this.#options.headers) : {}),
      ...Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
      ),
      ...(authorization === undefined ? {} : { authorization }),
    };
  }

  #shown({ pathname }: URL): string {
    return this.#options.shownPath?.(pathname) ?? pathname;
  }

  #mayKnowUs(url: URL, { discovery = false }: Manner): boolean {
    const relation = relationOf(this.#options.url, url);
    return relation === 'same' || (relation === 'sibling' && (discovery || this.#trusted.has(url.origin)));
  }

  async #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await withTimeLimit(undefined, [signal, this.#closing.signal], (inner) =>
        this.#options.timing.sleep(ms, inner),
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }
}

function toError(what: string, error: unknown): PimsyncError {
  if (error instanceof TimeLimit) return new UnreachableError(`${what}: ${error.message}`, { cause: error });
  if (error instanceof Oversized) return new ServerError(`${what}: ${error.message}`, { cause: error });
  return connectionError(what, error);
}
