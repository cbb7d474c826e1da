import type { LeafText } from './xml-scan.ts';

/** One element as tsdav's parser leaves it, with its own text put back (see armour.ts). Names are in camel case, as tsdav makes them. */
export class Element {
  readonly #value: unknown;
  readonly #texts: readonly LeafText[];

  constructor(value: unknown, texts: readonly LeafText[]) {
    this.#value = value;
    this.#texts = texts;
  }

  /** All children of that name, in order. */
  all(name: string): Element[] {
    const value = isRecord(this.#value) ? this.#value[name] : undefined;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.filter((one) => one !== undefined).map((one) => new Element(one, this.#texts));
  }

  /** The first child of that name. */
  child(name: string): Element | undefined {
    return this.all(name)[0];
  }

  has(name: string): boolean {
    return isRecord(this.#value) && name in this.#value;
  }

  /** As the parser made it; only to build another Element from. */
  value(name: string): unknown {
    return isRecord(this.#value) ? this.#value[name] : undefined;
  }

  childNames(): string[] {
    return isRecord(this.#value) ? Object.keys(this.#value).filter((name) => !name.startsWith('_')) : [];
  }

  attribute(name: string): string | undefined {
    const attributes = isRecord(this.#value) ? this.#value['_attributes'] : undefined;
    const value = isRecord(attributes) ? attributes[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  }

  /** Absent when there is none, or white space only. Exactly what was sent. */
  leaf(): LeafText | undefined {
    const index = typeof this.#value === 'string' ? /^@(\d+)$/.exec(this.#value)?.[1] : undefined;
    return index === undefined ? undefined : this.#texts[Number(index)];
  }

  /** The same for everything but item data: without white space around it. */
  text(): string | undefined {
    return this.leaf()?.text.trim();
  }

  /** The number in `HTTP/1.1 404 Not Found`. Status lines come through without armour. */
  status(): number | undefined {
    const code =
      typeof this.#value === 'string' ? /^\S+\s+(\d{3})\b/.exec(this.#value.trim())?.[1] : undefined;
    return code === undefined ? undefined : Number(code);
  }
}

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

export interface Multistatus {
  readonly entries: readonly Entry[];
  /** RFC 6578: only in answers to sync-collection. */
  readonly syncToken: string | undefined;
}

/** @param raw tsdav's `raw`; `undefined` comes back when it is no multistatus */
export function readMultistatus(raw: unknown, texts: readonly LeafText[]): Multistatus | undefined {
  const root = new Element(raw, texts).child('multistatus');
  return (
    root && {
      entries: root.all('response').flatMap((response) => readResponse(response, texts)),
      syncToken: root.child('syncToken')?.text(),
    }
  );
}

/** One `response` may name several hrefs when it has only a status (RFC 4918, 14.24). */
function readResponse(response: Element, texts: readonly LeafText[]): Entry[] {
  const status = response.child('status')?.status();
  const propstats = response.all('propstat');
  const { prop, failed } = readPropstats(propstats, texts);
  const errors = [...response.all('error'), ...propstats.flatMap((propstat) => propstat.all('error'))];
  const conditions = errors.flatMap((error) => error.childNames()).map(toOwnSpelling);
  const description = response.child('responsedescription')?.text();
  return response
    .all('href')
    .map((href) => href.text())
    .filter((href) => href !== undefined)
    .map((href) => ({ href, status, prop, failed, conditions, description }));
}

function readPropstats(
  propstats: readonly Element[],
  texts: readonly LeafText[],
): Pick<Entry, 'prop' | 'failed'> {
  const failed = new Map<string, number>();
  const good: Record<string, unknown> = {};
  for (const propstat of propstats) {
    const prop = propstat.child('prop');
    const status = propstat.child('status')?.status() ?? 200;
    for (const name of prop?.childNames() ?? []) {
      if (status >= 200 && status < 300) good[name] = prop?.value(name);
      else failed.set(name, status);
    }
  }
  return { prop: new Element(good, texts), failed };
}

/** tsdav writes `noUidConflict` for `no-uid-conflict`. */
const toOwnSpelling = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
