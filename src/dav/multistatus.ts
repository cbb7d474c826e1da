import { type LeafText, XmlFault, type XmlHandler, type XmlName, XmlScanner } from '../http/xml-scan.ts';

/** The namespaces whose names we look at. A foreign `getctag` must not pass for the real one. */
const KNOWN_NAMESPACES: ReadonlySet<string> = new Set([
  'DAV:',
  'urn:ietf:params:xml:ns:caldav',
  'urn:ietf:params:xml:ns:carddav',
  'http://calendarserver.org/ns/',
  'http://apple.com/ns/ical/',
  'http://inf-it.com/ns/ab/',
]);

/** Responses in a part. With all 10,000 at once, collecting the garbage takes longer than the work. */
const PART = 200;

/** What a multistatus says of one resource. */
export interface Entry {
  /** As the server wrote it. */
  readonly href: string;
  /** Of the whole entry; absent where each property has its own. Wins over the properties' ones. */
  readonly status: number | undefined;
  /** The properties that came with 2xx, as children. */
  readonly prop: Element;
  /** Property name → status, of those that did not. */
  readonly failed: ReadonlyMap<string, number>;
  /** Names of preconditions in an `error` element, as RFC 4791 spells them. */
  readonly conditions: readonly string[];
  readonly description: string | undefined;
}

/** A multistatus, or a part of one. */
export interface Multistatus {
  readonly entries: readonly Entry[];
  /** RFC 6578: only in answers to sync-collection, and there in one of the parts. */
  readonly syncToken: string | undefined;
}

/**
 * Reads a multistatus part by part. Not with tsdav's parser: that one turns `1.50` into a number and `true` into a boolean, trims
 * calendar data, loses text around CDATA and takes a cut answer for a shorter one (docs/facts.md, B3).
 * @throws XmlFault when this is not one complete multistatus; for a cut one after the parts that are whole
 */
export function* readMultistatus(bytes: Buffer): Generator<Multistatus, void> {
  const builder = new Builder();
  const scanner = new XmlScanner(bytes, builder);
  while (scanner.step()) if (builder.count() >= PART) yield builder.take();
  yield builder.take();
}

class Builder implements XmlHandler {
  readonly #open: Element[] = [];
  #entries: Entry[] = [];
  #syncToken: string | undefined;

  open(name: XmlName, depth: number, attributes: string): void {
    if (depth === 0) {
      if (name.local === 'multistatus' && name.namespace === 'DAV:') return;
      throw new XmlFault(`its root element is <${name.local.slice(0, 40)}>, not <multistatus> of DAV`);
    }
    const element = new Element(plainName(name), attributes);
    this.#open.at(-1)?.add(element);
    this.#open.push(element);
  }

  close(_name: XmlName, depth: number, text: LeafText | undefined): void {
    const element = this.#open.pop();
    if (!element) return;
    if (text && text.text.trim() !== '') element.fill(text);
    if (depth > 1) return;
    if (element.name === 'response') this.#entries.push(...readResponse(element));
    else if (element.name === 'sync-token') this.#syncToken ??= element.text();
  }

  count(): number {
    return this.#entries.length;
  }

  take(): Multistatus {
    const part = { entries: this.#entries, syncToken: this.#syncToken };
    this.#entries = [];
    return part;
  }
}

/** Names are few objects, each met thousands of times. */
const plainNames = new WeakMap<XmlName, string>();

/** The local name where we know the namespace. */
function plainName(name: XmlName): string {
  const known = plainNames.get(name);
  if (known !== undefined) return known;
  const plain = KNOWN_NAMESPACES.has(name.namespace) ? name.local : `{${name.namespace}}${name.local}`;
  plainNames.set(name, plain);
  return plain;
}

/** One element of an answer. */
export class Element {
  readonly name: string;
  readonly #attributes: string;
  #children: Element[] | undefined;
  #leaf: LeafText | undefined;

  constructor(name: string, attributes = '') {
    this.name = name;
    this.#attributes = attributes;
  }

  add(child: Element): void {
    (this.#children ??= []).push(child);
  }

  fill(text: LeafText): void {
    this.#leaf = text;
  }

  children(): readonly Element[] {
    return this.#children ?? [];
  }

  /** All children of that name, in order. */
  all(name: string): Element[] {
    return this.children().filter((child) => child.name === name);
  }

  /** The first child of that name. */
  child(name: string): Element | undefined {
    return this.#children?.find((child) => child.name === name);
  }

  has(name: string): boolean {
    return this.child(name) !== undefined;
  }

  /** `name` is one that needs no namespace; references in its value are left alone. */
  attribute(name: string): string | undefined {
    return new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`)
      .exec(this.#attributes)
      ?.slice(1)
      .find(Boolean);
  }

  /** Absent when there is none, or white space only. Exactly what was sent. */
  leaf(): LeafText | undefined {
    return this.#leaf;
  }

  /** The same for everything but item data: without white space around it. */
  text(): string | undefined {
    return this.#leaf?.text.trim();
  }

  /** The number in `HTTP/1.1 404 Not Found`. */
  status(): number | undefined {
    const code = /^\s*\S+\s+(\d{3})\b/.exec(this.#leaf?.text ?? '')?.[1];
    return code === undefined ? undefined : Number(code);
  }
}

/** One `response` may name several hrefs when it has only a status (RFC 4918, 14.24). */
function readResponse(response: Element): Entry[] {
  const status = response.child('status')?.status();
  const propstats = response.all('propstat');
  const { prop, failed } = readPropstats(propstats);
  const errors = [response, ...propstats].flatMap((element) => element.all('error'));
  const conditions = errors.flatMap((error) => error.children().map(({ name }) => name));
  const description = response.child('responsedescription')?.text();
  return response
    .all('href')
    .map((href) => href.text())
    .filter((href) => href !== undefined)
    .map((href) => ({ href, status, prop, failed, conditions, description }));
}

function readPropstats(propstats: readonly Element[]): Pick<Entry, 'prop' | 'failed'> {
  const failed = new Map<string, number>();
  const prop = new Element('prop');
  for (const propstat of propstats) {
    const status = propstat.child('status')?.status() ?? 200;
    for (const property of propstat.child('prop')?.children() ?? []) {
      if (status >= 200 && status < 300) prop.add(property);
      else failed.set(property.name, status);
    }
  }
  return { prop, failed };
}
