import VCard from 'vcf';
import type { Description } from './ical.ts';

/** The name on a contact. What vcf cannot parse has none; nothing is thrown. */
export function describeContact(text: string): Description {
  try {
    // vcf insists on CRLF (RFC 6350, 3.2); files on disk mostly have LF.
    const card = new VCard().parse(text.replaceAll(/\r?\n/g, '\r\n').trim());
    const name = card.get('fn');
    const first = Array.isArray(name) ? name[0] : name;
    return { title: first?.valueOf().toString(), start: undefined };
  } catch {
    return { title: undefined, start: undefined };
  }
}
