import { parseContentLine } from '../core/content-line.ts';
import { ended, rawLines, unfolded } from '../core/raw-lines.ts';

/** The text is not one or more complete calendars. It says nothing about what is in the feed, least of all that it is empty. */
export class FeedFault extends Error {
  override readonly name = 'FeedFault';
}

/** A component of a calendar, byte for byte. */
export interface RawComponent {
  readonly name: string;
  readonly text: string;
}

/** One BEGIN:VCALENDAR … END:VCALENDAR, taken apart. */
export interface RawCalendar {
  readonly begin: string;
  readonly end: string;
  /** The calendar's own properties. */
  readonly lines: readonly string[];
  readonly components: readonly RawComponent[];
}

/** Takes a feed apart. Text behind the last calendar is passed over: it cannot be a part of one. @throws FeedFault */
export function splitFeed(text: string): RawCalendar[] {
  const splitter = new Splitter(text);
  for (const { start, end } of rawLines(text, text.startsWith('\uFEFF') ? 1 : 0)) splitter.add(start, end);
  return splitter.finish();
}

interface OpenCalendar {
  readonly begin: string;
  readonly lines: string[];
  readonly components: RawComponent[];
}

class Splitter {
  readonly #text: string;
  readonly #calendars: RawCalendar[] = [];
  /** Names of the components that are open inside of the calendar. */
  readonly #open: string[] = [];
  #calendar: OpenCalendar | undefined;
  #componentStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  add(start: number, end: number): void {
    const raw = this.#text.slice(start, end);
    const border = readBorder(raw);
    if (!this.#calendar) this.#addOutside(raw, border);
    else if (border?.type === 'BEGIN') this.#begin(border.name, start);
    else if (border) this.#end(this.#calendar, border.name, { raw, end });
    else if (this.#open.length === 0 && raw.trim() !== '') this.#calendar.lines.push(ended(raw));
  }

  finish(): RawCalendar[] {
    const inner = this.#open.at(-1);
    if (this.#calendar)
      throw new FeedFault(`it is cut short: END:${inner ?? 'VCALENDAR'} is missing at its end`);
    if (this.#calendars.length === 0) throw new FeedFault('it is empty');
    return this.#calendars;
  }

  #addOutside(raw: string, border: Border | undefined): void {
    if (border?.type === 'BEGIN' && border.name === 'VCALENDAR')
      this.#calendar = { begin: ended(raw), lines: [], components: [] };
    else if (this.#calendars.length === 0 && raw.trim() !== '')
      throw new FeedFault('it does not begin with BEGIN:VCALENDAR');
  }

  #begin(name: string, start: number): void {
    if (this.#open.length === 0) this.#componentStart = start;
    this.#open.push(name);
  }

  #end(calendar: OpenCalendar, name: string, line: { readonly raw: string; readonly end: number }): void {
    const wanted = this.#open.pop();
    if (name !== (wanted ?? 'VCALENDAR'))
      throw new FeedFault(`it is damaged: END:${name} stands where END:${wanted ?? 'VCALENDAR'} belongs`);
    if (wanted === undefined) {
      this.#calendars.push({ ...calendar, end: ended(line.raw) });
      this.#calendar = undefined;
    } else if (this.#open.length === 0)
      calendar.components.push({ name, text: this.#text.slice(this.#componentStart, line.end) });
  }
}

interface Border {
  readonly type: 'BEGIN' | 'END';
  readonly name: string;
}

/** Most lines are none, so those are told apart before anything is unfolded. */
function readBorder(raw: string): Border | undefined {
  if (!/^[be]/i.test(raw)) return undefined;
  const { name, value } = parseContentLine(unfolded(raw));
  return name === 'BEGIN' || name === 'END' ? { type: name, name: value.trim().toUpperCase() } : undefined;
}
