import { parseComponents } from '../core/component.ts';
import { parseContentLine } from '../core/content-line.ts';
import { lineEndOf, rawLines, unfolded } from '../core/raw-lines.ts';
import type { Hopeless, Mending } from './finding.ts';

/** What a component stands in directly (RFC 5545, 3.6; RFC 6350, 6.1). What is not named may stand anywhere. */
const PARENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['VCALENDAR', []],
  ['VCARD', []],
  ['VEVENT', ['VCALENDAR']],
  ['VTODO', ['VCALENDAR']],
  ['VJOURNAL', ['VCALENDAR']],
  ['VFREEBUSY', ['VCALENDAR']],
  ['VTIMEZONE', ['VCALENDAR']],
  ['STANDARD', ['VTIMEZONE']],
  ['DAYLIGHT', ['VTIMEZONE']],
  ['VALARM', ['VEVENT', 'VTODO']],
]);
/** As `parseComponents`; what is deeper was made to hurt. */
const MAX_DEPTH = 64;
const MAX_QUOTED = 40;

/** Adds END lines where what stands around shows which are missing. A text that is whole comes back as it is. */
export function closeComponents(text: string): Mending | Hopeless {
  if (parseComponents(text).whole) return { text, findings: [] };
  const closer = new Closer();
  for (const { start, end } of rawLines(text)) {
    const reason = closer.add(text.slice(start, end));
    if (reason !== undefined) return { reason };
  }
  return closer.finish();
}

class Closer {
  readonly #lines: string[] = [];
  /** Names of the components that are open, as written. */
  readonly #open: string[] = [];
  readonly #missing: string[] = [];
  #lineEnd = '\r\n';

  /** @returns why it cannot be repaired */
  add(raw: string): string | undefined {
    if (raw.trim() === '') return undefined;
    if (this.#lines.length === 0) this.#lineEnd = lineEndOf(raw);
    const line = parseContentLine(unfolded(raw));
    const name = line.value.trim();
    const reason =
      line.name === 'BEGIN'
        ? this.#begin(name)
        : line.name === 'END'
          ? this.#end(name)
          : this.#property(line.name);
    this.#lines.push(raw);
    return reason;
  }

  finish(): Mending | Hopeless {
    const last = this.#lines.at(-1);
    if (last === undefined) return { reason: 'it is empty' };
    if (this.#open.length > 0 && !/[\r\n]$/.test(last) && !/^END:/i.test(last))
      return { reason: 'it breaks off in the middle of a line' };
    while (this.#open.length > 0) this.#close();
    const findings = [{ fault: 'unclosed', missing: this.#missing } as const];
    return { text: this.#lines.join(''), findings: this.#missing.length > 0 ? findings : [] };
  }

  #begin(name: string): string | undefined {
    const parents = PARENTS.get(name.toUpperCase());
    const isParent = (open: string): boolean => parents?.includes(open.toUpperCase()) === true;
    if (parents && (parents.length === 0 || this.#open.some(isParent)))
      while (this.#open.length > 0 && !isParent(this.#open.at(-1) ?? '')) this.#close();
    this.#open.push(name);
    return this.#open.length > MAX_DEPTH ? 'its components are nested too deep' : undefined;
  }

  #end(name: string): string | undefined {
    const isSame = (open: string): boolean => open.toUpperCase() === name.toUpperCase();
    if (!this.#open.some(isSame)) return `nothing begins that END:${name.slice(0, MAX_QUOTED)} ends`;
    while (!isSame(this.#open.at(-1) ?? '')) this.#close();
    this.#open.pop();
    return undefined;
  }

  #property(name: string): string | undefined {
    if (this.#open.length > 0) return undefined;
    return this.#lines.length === 0
      ? 'it does not begin with BEGIN'
      : `"${name.slice(0, MAX_QUOTED)}" stands outside of all components`;
  }

  #close(): void {
    const name = this.#open.pop() ?? '';
    this.#missing.push(name);
    const isEnded = /[\r\n]$/.test(this.#lines.at(-1) ?? '\n');
    this.#lines.push(`${isEnded ? '' : this.#lineEnd}END:${name}${this.#lineEnd}`);
  }
}
