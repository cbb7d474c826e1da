import { type LeafText, scanXml, XmlFault, type XmlName } from './xml-scan.ts';

/** The namespaces whose names we look at; tsdav drops prefixes, so one foreign `getctag` would pass for the real one. */
const KNOWN_NAMESPACES: ReadonlySet<string> = new Set([
  'DAV:',
  'urn:ietf:params:xml:ns:caldav',
  'urn:ietf:params:xml:ns:carddav',
  'http://calendarserver.org/ns/',
  'http://apple.com/ns/ical/',
  'http://inf-it.com/ns/ab/',
]);

/** A multistatus in a form that tsdav's parser cannot damage, and the texts that were taken out of it. */
export interface Armoured {
  readonly xml: string;
  /** An element's text `@7` stands for `texts[7]`. */
  readonly texts: readonly LeafText[];
}

/**
 * tsdav turns `1.50` into a number and `true` into a boolean, trims calendar data, and loses text around CDATA (notes B3, 10–12).
 * So it gets only the structure: every text but the status lines, which it reads itself, is replaced by a number.
 * @throws XmlFault when this is not one complete multistatus
 */
export function armourMultistatus(bytes: Buffer): Armoured {
  const texts: LeafText[] = [];
  const out: string[] = [];
  scanXml(bytes, {
    open(name, depth, attributes) {
      if (depth === 0 && !(name.local === 'multistatus' && name.namespace === 'DAV:'))
        throw new XmlFault(`its root element is <${name.local.slice(0, 40)}>, not <multistatus> of DAV`);
      out.push('<', plainName(name), name.local === 'comp' ? componentName(attributes) : '', '>');
    },
    close(name, _depth, text) {
      const plain = plainName(name);
      if (text && text.text.trim() !== '') {
        if (plain === 'status') out.push(text.text.replaceAll(/[<&]/g, ' '));
        else out.push(`@${texts.push(text) - 1}`);
      }
      out.push('</', plain, '>');
    },
  });
  return { xml: out.join(''), texts };
}

function plainName({ namespace, local }: XmlName): string {
  if (!/^[a-z][\w.-]*$/i.test(local)) return 'foreign';
  return KNOWN_NAMESPACES.has(namespace) ? local : `foreign-${local}`;
}

/** The one attribute that is of use: `<comp name="VTODO"/>` (RFC 4791, 5.2.3). */
function componentName(attributes: string): string {
  const name = /\sname\s*=\s*["']([\w-]+)["']/.exec(attributes)?.[1];
  return name === undefined ? '' : ` name="${name}"`;
}
