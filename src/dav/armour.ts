import { type LeafText, XmlFault, type XmlHandler, type XmlName, XmlScanner } from './xml-scan.ts';

/** The namespaces whose names we look at; tsdav drops prefixes, so one foreign `getctag` would pass for the real one. */
const KNOWN_NAMESPACES: ReadonlySet<string> = new Set([
  'DAV:',
  'urn:ietf:params:xml:ns:caldav',
  'urn:ietf:params:xml:ns:carddav',
  'http://calendarserver.org/ns/',
  'http://apple.com/ns/ical/',
  'http://inf-it.com/ns/ab/',
]);

/** A part of a multistatus, itself a multistatus, in a form that tsdav's parser cannot damage. */
export interface ArmouredPart {
  readonly xml: string;
  /** The texts that were taken out: an element's text `@7` stands for `texts[7]`. */
  readonly texts: readonly LeafText[];
}

/** Responses in a part. With all 10,000 at once, collecting the garbage takes longer than the work. */
const PART = 200;

/**
 * tsdav turns `1.50` into a number and `true` into a boolean, trims calendar data, and loses text around CDATA (docs/facts.md, B3).
 * So it gets only the structure: every text but the status lines, which it reads itself, is replaced by a number.
 * @throws XmlFault when this is not one complete multistatus; for a cut one after the parts that are whole
 */
export function* armourMultistatus(bytes: Buffer): Generator<ArmouredPart, void> {
  const writer = new PartWriter();
  const scanner = new XmlScanner(bytes, writer);
  while (scanner.step()) {
    if (writer.responses >= PART) yield writer.take('</multistatus>');
  }
  yield writer.take('');
}

class PartWriter implements XmlHandler {
  responses = 0;
  #texts: LeafText[] = [];
  #out: string[] = [];

  open(name: XmlName, depth: number, attributes: string): void {
    if (depth === 0 && !(name.local === 'multistatus' && name.namespace === 'DAV:'))
      throw new XmlFault(`its root element is <${name.local.slice(0, 40)}>, not <multistatus> of DAV`);
    const plain = plainName(name);
    if (plain !== 'status')
      this.#out.push('<', plain, plain === 'comp' ? componentName(attributes) : '', '>');
  }

  close(name: XmlName, depth: number, text: LeafText | undefined): void {
    const plain = plainName(name);
    if (plain === 'status') {
      this.#status(text?.text ?? '');
      return;
    }
    if (text && text.text.trim() !== '') this.#out.push(`@${this.#texts.push(text) - 1}`);
    this.#out.push('</', plain, '>');
    if (depth === 1 && plain === 'response') this.responses += 1;
  }

  /** 200 is what the lack of a status means to tsdav and to us, and nearly all there is. */
  #status(text: string): void {
    if (!/^\s*HTTP\/\S+\s+200\b/.test(text))
      this.#out.push('<status>', text.replaceAll(/[<&]/g, ' '), '</status>');
  }

  /** What was written, closed by `end`; the next part begins. */
  take(end: string): ArmouredPart {
    const part = { xml: this.#out.join('') + end, texts: this.#texts };
    this.#out = ['<multistatus>'];
    this.#texts = [];
    this.responses = 0;
    return part;
  }
}

/** Names are few objects, each met thousands of times. */
const plainNames = new WeakMap<XmlName, string>();

function plainName(name: XmlName): string {
  const known = plainNames.get(name);
  if (known !== undefined) return known;
  const { namespace, local } = name;
  const isPlain = /^[a-z][\w.-]*$/i.test(local);
  const plain = isPlain && KNOWN_NAMESPACES.has(namespace) ? local : `foreign-${isPlain ? local : ''}`;
  plainNames.set(name, plain);
  return plain;
}

/** The one attribute that is of use: `<comp name="VTODO"/>` (RFC 4791, 5.2.3). */
function componentName(attributes: string): string {
  const name = /\sname\s*=\s*["']([\w-]+)["']/.exec(attributes)?.[1];
  return name === undefined ? '' : ` name="${name}"`;
}
