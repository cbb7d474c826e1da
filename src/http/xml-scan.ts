import { isUtf8 } from 'node:buffer';

/** The text is not one complete XML document. An answer that was cut short ends here, never as a shorter list. */
export class XmlFault extends Error {
  override readonly name = 'XmlFault';
}

/** Real answers have about ten levels; what is deeper was made to hurt. */
const MAX_DEPTH = 64;
/** Long enough for any list of namespaces; looking for the end of a tag takes time that grows with the square of its length. */
const MAX_TAG = 64 * 1024;

export interface XmlName {
  /** Empty when the prefix was never declared. */
  readonly namespace: string;
  readonly local: string;
}

/** What stands in an element that has no elements in it; CDATA, comments and references are resolved, white space is kept. */
export interface LeafText {
  readonly text: string;
  /** The bytes were not UTF-8, so that `text` has U+FFFD where something else was meant. */
  readonly damaged: boolean;
}

export interface XmlHandler {
  /** @param attributes the raw text between name and end of the tag */
  open(name: XmlName, depth: number, attributes: string): void;
  /** @param text absent for an element with elements in it, and for one with nothing in it */
  close(name: XmlName, depth: number, text: LeafText | undefined): void;
}

interface Scope {
  readonly prefixes: ReadonlyMap<string, string>;
  /** Names seen under these prefixes; answers repeat a dozen names ten thousand times. */
  readonly names: Map<string, XmlName>;
}

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly verbatim: boolean;
}

interface OpenElement {
  readonly rawName: string;
  readonly name: XmlName;
  readonly scope: Scope;
  pieces: Piece[];
  hasElements: boolean;
}

/**
 * Walks one UTF-8 document and tells `handler` of its elements; does not build anything. Stricter than the parser below tsdav
 * where it matters (end tags, one root), blind to what does not (processing instructions, comments).
 * @throws XmlFault
 */
export function scanXml(bytes: Buffer, handler: XmlHandler): void {
  const scanner = new XmlScanner(bytes, handler);
  while (scanner.step());
}

/** The same, a tag at a time, so that a large document need not be taken in at once. */
export class XmlScanner {
  readonly #bytes: Buffer;
  /** The same as one character a byte: offsets are equal, and searching and slicing need no copies. */
  readonly #chars: string;
  readonly #handler: XmlHandler;
  readonly #stack: OpenElement[] = [];
  #at: number;
  #rootSeen = false;

  constructor(bytes: Buffer, handler: XmlHandler) {
    this.#bytes = bytes;
    this.#chars = bytes.toString('latin1');
    this.#handler = handler;
    this.#at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  }

  /** @returns `false` at the end of a complete document */
  step(): boolean {
    const lt = this.#chars.indexOf('<', this.#at);
    this.#text(this.#at, lt === -1 ? this.#bytes.length : lt);
    if (lt === -1) return this.#end();
    this.#at = lt + 1;
    this.#markup();
    return true;
  }

  #end(): false {
    this.#at = this.#bytes.length;
    if (this.#stack.length > 0)
      throw new XmlFault(`it ends inside <${this.#stack.at(-1)?.rawName ?? ''}>, so it was cut short`);
    if (!this.#rootSeen) throw new XmlFault('there is no element in it');
    return false;
  }

  #markup(): void {
    const next = this.#chars[this.#at];
    if (next === '/') this.#endTag();
    else if (next === '!') this.#declaration();
    else if (next === '?') this.#at = this.#find('?>', this.#at) + 2;
    else this.#startTag();
  }

  #text(from: number, to: number): void {
    if (from === to) return;
    const top = this.#stack.at(-1);
    if (top) {
      if (!top.hasElements) top.pieces.push({ from, to, verbatim: false });
    } else if (this.#bytes.toString('utf8', from, to).trim() !== '') {
      throw new XmlFault('there is text outside of its root element');
    }
  }

  /** Comments and CDATA. A DOCTYPE is refused: no DAV server sends one, and entities are all that it could bring. */
  #declaration(): void {
    if (this.#startsWith('!--')) {
      this.#at = this.#find('-->', this.#at + 3) + 3;
    } else if (this.#startsWith('![CDATA[')) {
      const from = this.#at + 8;
      const to = this.#find(']]>', from);
      const top = this.#stack.at(-1);
      if (!top) throw new XmlFault('there is text outside of its root element');
      if (!top.hasElements) top.pieces.push({ from, to, verbatim: true });
      this.#at = to + 3;
    } else {
      throw new XmlFault('it has a document type declaration');
    }
  }

  #startTag(): void {
    const end = this.#tagEnd();
    const raw = this.#chars.slice(this.#at, end);
    this.#at = end + 1;
    const closed = raw.endsWith('/');
    const inner = closed ? raw.slice(0, -1) : raw;
    const space = inner.search(/\s/);
    const rawName = space === -1 ? inner : inner.slice(0, space);
    const attributes = space === -1 ? '' : inner.slice(space);
    if (rawName === '') throw new XmlFault('it has a tag without a name');
    this.#openElement(rawName, attributes);
    if (closed) this.#closeTop();
  }

  #openElement(rawName: string, attributes: string): void {
    const parent = this.#stack.at(-1);
    if (parent) {
      parent.hasElements = true;
      parent.pieces = [];
    } else if (this.#rootSeen) {
      throw new XmlFault('it has more than one root element');
    }
    if (this.#stack.length >= MAX_DEPTH) throw new XmlFault(`it is nested deeper than ${MAX_DEPTH} levels`);
    this.#rootSeen = true;
    const scope = scopeOf(attributes, parent?.scope);
    const name = resolveName(rawName, scope);
    this.#handler.open(name, this.#stack.length, attributes);
    this.#stack.push({ rawName, name, scope, pieces: [], hasElements: false });
  }

  #endTag(): void {
    const end = this.#find('>', this.#at);
    const rawName = this.#chars.slice(this.#at + 1, end).trimEnd();
    this.#at = end + 1;
    if (this.#stack.at(-1)?.rawName !== rawName)
      throw new XmlFault(`</${rawName.slice(0, 40)}> closes nothing`);
    this.#closeTop();
  }

  #closeTop(): void {
    const top = this.#stack.pop();
    if (top) this.#handler.close(top.name, this.#stack.length, this.#leafText(top.pieces));
  }

  #leafText(pieces: readonly Piece[]): LeafText | undefined {
    if (pieces.length === 0) return undefined;
    let text = '';
    let damaged = false;
    for (const { from, to, verbatim } of pieces) {
      const raw = this.#bytes.toString('utf8', from, to);
      damaged ||= raw.includes('\uFFFD') && !isUtf8(this.#bytes.subarray(from, to));
      text += verbatim || !raw.includes('&') ? raw : resolveReferences(raw);
    }
    return { text, damaged };
  }

  /** A `>` inside of an attribute's quotes does not end the tag. */
  #tagEnd(): number {
    for (let end = this.#find('>', this.#at); ; end = this.#find('>', end + 1)) {
      if (end - this.#at > MAX_TAG) throw new XmlFault(`it has a tag of more than ${MAX_TAG} bytes`);
      const tag = this.#chars.slice(this.#at, end);
      const unquoted = tag.includes('"') || tag.includes("'") ? tag.replaceAll(/"[^"]*"|'[^']*'/g, '') : tag;
      if (unquoted.includes('<')) throw new XmlFault('it ends inside a tag, so it was cut short');
      if (!/["']/.test(unquoted)) return end;
    }
  }

  #find(text: string, from: number): number {
    const at = this.#chars.indexOf(text, from);
    if (at === -1) throw new XmlFault('it ends inside a tag, so it was cut short');
    return at;
  }

  #startsWith(text: string): boolean {
    return this.#chars.startsWith(text, this.#at);
  }
}

const DECLARATION = /\sxmlns(?::([^\s=]+))?\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

function scopeOf(attributes: string, parent: Scope | undefined): Scope {
  if (parent && !attributes.includes('xmlns')) return parent;
  const prefixes = new Map(parent?.prefixes);
  for (const [, prefix = '', double, single] of attributes.matchAll(DECLARATION))
    prefixes.set(prefix, double ?? single ?? '');
  return { prefixes, names: new Map() };
}

function resolveName(rawName: string, { prefixes, names }: Scope): XmlName {
  const known = names.get(rawName);
  if (known) return known;
  const colon = rawName.indexOf(':');
  const prefix = colon === -1 ? '' : rawName.slice(0, colon);
  const name = { namespace: prefixes.get(prefix) ?? '', local: rawName.slice(colon + 1) };
  names.set(rawName, name);
  return name;
}

const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** What is no reference after all stays as it stands: the text of an item is never guessed at. */
const resolveReferences = (text: string): string =>
  text.replaceAll(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z]+));/gi,
    (raw, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return PREDEFINED[name] ?? raw;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : raw;
    },
  );
