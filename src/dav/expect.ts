import { ServerError } from '../core/errors.ts';
import { type Answer, asUtf8 } from '../http/answer.ts';
import type { Exchange } from '../http/guarded-fetch.ts';
import { type Context, refusalOf } from '../http/refused.ts';
import { XmlFault } from '../http/xml-scan.ts';
import { type Multistatus, readMultistatus } from './multistatus.ts';

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

function refusal(exchange: Exchange, status: number, context: Context): Error {
  return status >= 200 && status < 300
    ? notDav(status, exchange.answer.headers, context.what)
    : refusalOf(exchange, status, context);
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
