import type { KeyPath } from './fault.ts';

/**
 * On which line of a TOML text each key stands; the parser does not tell. Understands the whole grammar as far as keys are
 * concerned, and relies on the parser having accepted the text: on any other it may answer nonsense, but always ends.
 */
export class LineIndex {
  readonly #text: string;
  readonly #lines = new Map<string, number>();
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
    this.#readDocument();
  }

  /** The line of that key, else of the nearest table or key around it; undefined for the file as a whole. */
  lineOf(path: KeyPath): number | undefined {
    for (let length = path.length; length > 0; length -= 1) {
      const line = this.#lines.get(idOf(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  }

  #readDocument(): void {
    let table: KeyPath = [];
    for (;;) {
      this.#skipBlank();
      if (this.#at >= this.#text.length) return;
      const start = this.#at;
      if (this.#peek() === '[') table = this.#readHeader();
      else this.#readAssignment(table);
      // Nothing that the parser accepts leaves us standing still.
      if (this.#at === start) this.#step();
    }
  }

  #readHeader(): KeyPath {
    while (this.#peek() === '[') this.#step();
    const table = this.#readKey([]);
    while (this.#peek() === ']') this.#step();
    return table;
  }

  #readAssignment(table: KeyPath): void {
    const path = this.#readKey(table);
    this.#skipBlank();
    if (this.#peek() === '=') this.#step();
    this.#readValue(path);
  }

  /** A dotted key; its line is also that of the tables it names in passing, unless they have one already. */
  #readKey(table: KeyPath): KeyPath {
    const path = [...table];
    for (;;) {
      this.#skipBlank();
      const line = this.#line;
      const part = this.#readKeyPart();
      if (part === undefined) return path;
      path.push(part);
      if (!this.#lines.has(idOf(path))) this.#lines.set(idOf(path), line);
      this.#skipBlanksOnLine();
      if (this.#peek() !== '.') return path;
      this.#step();
    }
  }

  #readKeyPart(): string | undefined {
    const quote = this.#peek();
    if (quote === '"' || quote === "'") return unquote(this.#readString());
    const bare = /[A-Za-z0-9_-]*/y;
    bare.lastIndex = this.#at;
    const part = bare.exec(this.#text)?.[0] ?? '';
    this.#at += part.length;
    return part === '' ? undefined : part;
  }

  #readValue(path: KeyPath): void {
    this.#skipBlank();
    const first = this.#peek();
    if (first === '"' || first === "'") this.#readString();
    else if (first === '[') this.#readArray(path);
    else if (first === '{') this.#readInlineTable(path);
    else while (this.#at < this.#text.length && !/[\s,\]}#]/.test(this.#peek())) this.#step();
  }

  #readArray(path: KeyPath): void {
    this.#step();
    for (let index = 0; ; index += 1) {
      this.#skipBlank();
      if (this.#atEndOf(']')) return;
      const start = this.#at;
      this.#lines.set(idOf([...path, index]), this.#line);
      this.#readValue([...path, index]);
      this.#skipBlank();
      if (this.#peek() === ',' || this.#at === start) this.#step();
    }
  }

  #readInlineTable(path: KeyPath): void {
    this.#step();
    for (;;) {
      this.#skipBlank();
      if (this.#atEndOf('}')) return;
      const start = this.#at;
      this.#readAssignment(path);
      this.#skipBlank();
      if (this.#peek() === ',' || this.#at === start) this.#step();
    }
  }

  #atEndOf(bracket: string): boolean {
    if (this.#at >= this.#text.length) return true;
    if (this.#peek() !== bracket) return false;
    this.#step();
    return true;
  }

  /** Passes over a string of any of the four kinds and returns it with its quotes. */
  #readString(): string {
    const start = this.#at;
    const quote = this.#peek();
    const fence = this.#text.startsWith(quote.repeat(3), this.#at) ? quote.repeat(3) : quote;
    this.#skip(fence.length);
    while (this.#at < this.#text.length && !this.#text.startsWith(fence, this.#at)) {
      this.#skip(quote === '"' && this.#peek() === '\\' ? 2 : 1);
    }
    this.#skip(fence.length);
    // Up to two quotes may stand right before the closing fence.
    while (fence.length === 3 && this.#peek() === quote) this.#step();
    return this.#text.slice(start, this.#at);
  }

  #skipBlank(): void {
    for (;;) {
      while (/\s/.test(this.#peek())) this.#step();
      if (this.#peek() !== '#') return;
      while (this.#at < this.#text.length && this.#peek() !== '\n') this.#step();
    }
  }

  #skipBlanksOnLine(): void {
    while (/[ \t]/.test(this.#peek())) this.#step();
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #skip(count: number): void {
    for (let step = 0; step < count; step += 1) this.#step();
  }

  #step(): void {
    if (this.#peek() === '\n') this.#line += 1;
    this.#at += 1;
  }
}

const idOf = (path: KeyPath): string => JSON.stringify(path);

/** The text of a quoted key; JSON knows all the escapes that TOML's basic strings share with it. */
function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith("'")) return inner;
  try {
    return String(JSON.parse(`"${inner}"`));
  } catch {
    return inner;
  }
}
