import VCard from 'vcf';
import { parseContentLine, unfold } from './content-line.ts';
import type { Description } from './ical.ts';

/** What vcf needs to find a name. */
const NEEDED: ReadonlySet<string> = new Set(['BEGIN', 'VERSION', 'FN', 'END']);
/** Nobody's name is longer. */
const MAX_CHARACTERS = 1000;

/** The name on a contact. What vcf cannot parse has none; nothing is thrown. */
export function describeContact(text: string): Description {
  try {
    const name = new VCard().parse(nameLines(text)).get('fn');
    const first = Array.isArray(name) ? name[0] : name;
    return { title: first?.valueOf().toString(), start: undefined };
  } catch {
    return { title: undefined, start: undefined };
  }
}

/**
 * The few lines that say the name. vcf 2.1.2 takes time with the square of a run of blanks (13 s for 100,000 of them in a
 * NOTE), and insists on CRLF, while files on disk mostly have LF.
 */
const nameLines = (text: string): string =>
  unfold(text)
    .filter((line) => NEEDED.has(parseContentLine(line).name))
    .map((line) => line.slice(0, MAX_CHARACTERS))
    .join('\r\n');
