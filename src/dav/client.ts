import {
  createObject,
  DAVNamespace,
  davRequest,
  deleteObject,
  getDAVAttribute,
  propfind,
  updateObject,
} from 'tsdav';
import type { Exchange, Guard, GuardedRequest, Manner } from '../http/guarded-fetch.ts';
import type { Context } from '../http/refused.ts';
import { expectMultistatus, expectSuccess } from './expect.ts';
import type { Entry, Multistatus } from './multistatus.ts';

/** xml-js's compact form of an element's content. */
export interface XmlContent {
  readonly [name: string]: string | XmlContent | readonly (string | XmlContent)[];
}

/** Every prefix that our bodies use. tsdav declares them with these names. */
const NAMESPACES: XmlContent = getDAVAttribute(Object.values(DAVNamespace));

type Depth = '0' | '1';

/** A multistatus and where it came from at last; its relative hrefs start there. */
export interface Reply extends Multistatus {
  readonly url: URL;
}

/**
 * The answer to a report, part by part, so that ten thousand entries are never in memory at once. Fails at its end when the answer
 * was cut short: nothing may be concluded from a lack before that.
 */
export type Parts = AsyncGenerator<Multistatus, void>;

/** A request body: the root element's name with prefix, and what is in it. */
export interface XmlBody {
  readonly root: string;
  readonly content: XmlContent;
}

/** Properties to set, and to take away. */
export interface Patch {
  readonly set: XmlContent;
  readonly remove: XmlContent;
}

/** A condition that a write of an item must have. There is no way to write without one. */
export type Condition = { readonly ifMatch: string } | { readonly ifNoneMatch: '*' };

/** tsdav's requests over the guarded fetch, with every refusal thrown as an error of ours. */
export class DavClient {
  readonly #guard: Guard;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  async propfind(url: URL, props: XmlContent, depth: Depth, manner: Manner): Promise<Reply> {
    const call = new Call(this.#guard, manner, 'multistatus');
    return call.gather(this.#propfind(call, url, props, depth));
  }

  /** PROPFIND Depth 1 of something that may be large. */
  listing(url: URL, props: XmlContent, manner: Manner): Parts {
    const call = new Call(this.#guard, manner, 'multistatus');
    return this.#propfind(call, url, props, '1');
  }

  /** @param body a string is sent as it is */
  report(url: URL, body: XmlBody | string, depth: Depth, manner: Manner): Parts {
    const call = new Call(this.#guard, manner, 'multistatus');
    const convertIncoming = typeof body !== 'string';
    const xml = convertIncoming ? { [body.root]: { _attributes: NAMESPACES, ...body.content } } : body;
    const init = { method: 'REPORT' as const, headers: { depth, ...MINIMAL }, body: xml };
    return call.parts((fetch) => davRequest({ url: url.href, init, convertIncoming, fetch }));
  }

  #propfind(call: Call, url: URL, props: XmlContent, depth: Depth): Parts {
    return call.parts((fetch) => propfind({ url: url.href, props, depth, fetch, headers: MINIMAL }));
  }

  /** MKCALENDAR and extended MKCOL. */
  async make(url: URL, method: 'MKCALENDAR' | 'MKCOL', body: XmlBody, manner: Manner): Promise<void> {
    const call = new Call(this.#guard, manner, 'success');
    const xml = { [body.root]: { _attributes: NAMESPACES, ...body.content } };
    await davRequest({ url: url.href, init: { method, body: xml }, parseOutgoing: false, fetch: call.fetch });
  }

  /** What the server would not do is only in the answer: a multistatus is a success here (docs/facts.md, B3). */
  async proppatch(url: URL, { set, remove }: Patch, manner: Manner): Promise<Reply> {
    const call = new Call(this.#guard, manner, 'multistatus');
    const steps = {
      ...(isEmpty(set) ? {} : { 'd:set': { 'd:prop': set } }),
      ...(isEmpty(remove) ? {} : { 'd:remove': { 'd:prop': remove } }),
    };
    const body = { 'd:propertyupdate': { _attributes: NAMESPACES, ...steps } };
    return call.gather(
      call.parts((fetch) => davRequest({ url: url.href, init: { method: 'PROPPATCH', body }, fetch })),
    );
  }

  /** The whole item, byte for byte; compression would make the server mark its etag. */
  async get(url: URL, manner: Manner): Promise<Exchange> {
    const call = new Call(this.#guard, manner, 'success');
    const headers = { 'accept-encoding': 'identity' };
    return call.run({ url, method: 'GET', headers, body: undefined });
  }

  async put(
    url: URL,
    data: { text: string; type: string },
    condition: Condition,
    manner: Manner,
  ): Promise<Exchange> {
    const call = new Call(this.#guard, manner, 'success');
    const common = { url: url.href, data: data.text, fetch: call.fetch };
    const type = { 'content-type': data.type };
    if ('ifMatch' in condition) await updateObject({ ...common, headers: type, etag: condition.ifMatch });
    else await createObject({ ...common, headers: { ...type, 'if-none-match': condition.ifNoneMatch } });
    return call.exchange();
  }

  async delete(url: URL, etag: string, manner: Manner): Promise<Exchange> {
    const call = new Call(this.#guard, manner, 'success');
    await deleteObject({ url: url.href, etag, fetch: call.fetch });
    return call.exchange();
  }

  /**
   * Deletes a collection with all that is in it: look first. Without a condition, because servers understand none here: Cyrus 3.6
   * dies of an If-Match, sabre 1.8 answers 500, DAViCal does not heed it (docs/facts.md, D18).
   */
  async deleteCollection(url: URL, manner: Manner): Promise<void> {
    const call = new Call(this.#guard, manner, 'success');
    await call.run({ url, method: 'DELETE', headers: {}, body: undefined });
  }

  /** Never onto something that is there, says Overwrite; not all servers heed it, nor the condition. */
  async move(url: URL, destination: URL, etag: string, manner: Manner): Promise<Exchange> {
    const call = new Call(this.#guard, manner, 'success');
    // Radicale 3.1 and sabre 1.8 want the whole URL (docs/facts.md, A7).
    const headers = { destination: destination.href, overwrite: 'F', 'if-match': etag };
    return call.run({ url, method: 'MOVE', headers, body: undefined });
  }
}

const isEmpty = (props: XmlContent): boolean => Object.keys(props).length === 0;

/** Drops the "404, do not have that" parts of answers where it is understood (RFC 7240; `Brief` is sabre's word for it). */
const MINIMAL = { prefer: 'return=minimal', brief: 't' };

type Fetch = typeof globalThis.fetch;

/**
 * What tsdav gets: what came back is in the exchange, and its parser would damage it. Not one of Node's own `Response`s, as the first of
 * those, or of its `Headers`, loads a second undici.
 */
const NOTHING_TO_READ: Partial<Response> = {
  ok: true,
  status: 204,
  statusText: '',
  url: '',
  headers: new Map<string, string>() as unknown as Headers,
  text: () => Promise.resolve(''),
};

/** tsdav hands over plain objects. */
const lowerCased = (headers: NonNullable<RequestInit['headers']>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers as Readonly<Record<string, string>>).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  );

/** One call of a tsdav function: hands it a fetch, and keeps the facts that tsdav drops. */
class Call {
  readonly #guard: Guard;
  readonly #manner: Manner;
  readonly #wanted: 'multistatus' | 'success';
  #exchange: Exchange | undefined;
  #what = '';

  constructor(guard: Guard, manner: Manner, wanted: 'multistatus' | 'success') {
    this.#guard = guard;
    this.#manner = manner;
    this.#wanted = wanted;
  }

  readonly fetch: Fetch = async (input, init = {}) => {
    await this.run({
      url: new URL(typeof input === 'string' || input instanceof URL ? input : input.url),
      method: init.method ?? 'GET',
      headers: lowerCased(init.headers ?? {}),
      body: typeof init.body === 'string' ? init.body : undefined,
    });
    return NOTHING_TO_READ as Response;
  };

  async run(request: GuardedRequest): Promise<Exchange> {
    this.#what = `${request.method} ${request.url.pathname}`;
    const exchange = await this.#guard.send(request, this.#manner);
    this.#exchange = exchange;
    if (this.#wanted === 'success') expectSuccess(exchange, this.#context());
    return exchange;
  }

  exchange(): Exchange {
    if (!this.#exchange) throw new TypeError('tsdav returned without a request');
    return this.#exchange;
  }

  /** Lets tsdav send its request, and reads the answer. */
  async *parts(ask: (fetch: Fetch) => Promise<unknown>): Parts {
    await ask(this.fetch);
    yield* expectMultistatus(this.exchange(), this.#context());
  }

  async gather(parts: Parts): Promise<Reply> {
    const entries: Entry[] = [];
    let syncToken: string | undefined;
    for await (const part of parts) {
      entries.push(...part.entries);
      syncToken ??= part.syncToken;
    }
    return { entries, syncToken, url: this.exchange().answer.url };
  }

  #context(): Context {
    return { what: this.#what, secrets: this.#guard.secrets(), nowMs: this.#guard.nowMs() };
  }
}
