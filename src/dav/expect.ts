import { AuthError, ServerError } from '../core/errors.ts';
import { type Answer, asUtf8 } from './answer.ts';
import type { Exchange } from './guarded-fetch.ts';
import { type Multistatus, readMultistatus } from './multistatus.ts';
import { refusalError } from './refusal.ts';
import { retryAfterSeconds } from './retry-policy.ts';
import { readServerWords } from './server-words.ts';
import { XmlFault } from './xml-scan.ts';

/** What an error message needs to know besides the answer. */
export interface Context {
  /** For example `PUT /alice/work/1.ics`. */
  readonly what: string;
  readonly secrets: readonly string[];
  readonly nowMs: number;
}

/**
 * For PROPFIND, REPORT and PROPPATCH: only a complete multistatus is an answer. A log-in page, a 204 or a cut body would pass for
 * an empty list in tsdav, and an empty list means that all was deleted (docs/facts.md, D1 and D2).
 */
export function* expectMultistatus(exchange: Exchange, context: Context): Generator<Multistatus, void> {
  const { answer } = exchange;
  if (answer.status !== 207) throw refusal(exchange, answer.status, context);
  try {
    yield* readMultistatus(asUtf8(answer));
  } catch (cause) {
    if (!(cause instanceof XmlFault)) throw cause;
    throw new ServerError(`${context.what}: the answer cannot be used: ${cause.message}`, { cause });
  }
}

/**
 * For GET, PUT, DELETE, MKCALENDAR and MKCOL. Xandikos 0.2.8 refuses with 207 and the real status inside, which `Response.ok`
 * takes for success.
 */
export function expectSuccess(exchange: Exchange, context: Context): void {
  const { answer } = exchange;
  const status = answer.status === 207 ? innerStatus(answer.body) : answer.status;
  if (status < 200 || status >= 300) throw refusal(exchange, status, context);
}

function refusal({ answer, authorized, repeated }: Exchange, status: number, context: Context): Error {
  const { headers, body, url } = answer;
  if (status >= 200 && status < 300) return notDav(status, headers, context.what);
  if (status === 401 && !authorized)
    return new AuthError(
      `${context.what}: ${url.origin} wants credentials, and none are configured for it; they are sent to the configured host only`,
    );
  const { conditions, words } = readServerWords(body, headers.get('content-type') ?? '', context.secrets);
  const retryAfter = retryAfterSeconds(headers.get('retry-after'), context.nowMs);
  return refusalError({
    what: context.what,
    status,
    conditions,
    words,
    retryAfterSeconds: retryAfter,
    repeated,
  });
}

const notDav = (status: number, headers: Answer['headers'], what: string): ServerError =>
  new ServerError(
    `${what}: the answer (${status}, ${headers.get('content-type') ?? 'no content type'}) is not from a DAV server; ` +
      'check the URL, and whether the network wants a log-in first',
  );

/** The worst status inside; a 207 without any is a success with nothing to say. */
function innerStatus(body: Buffer): number {
  const lines = body.toString('utf8').matchAll(/<(?:[\w.-]+:)?status\b[^>]*>\s*HTTP\/\S+\s+(\d{3})/g);
  return Math.max(200, ...Array.from(lines, ([, status]) => Number(status)));
}
