/** Data goes to stdout, everything said about it to stderr. */
export interface Output {
  /** One line of data. */
  print(line: string): void;
  /** One JSON document. */
  json(value: unknown): void;
  /** Bytes as they are, for files and pipes; a terminal gets them as lines. */
  write(bytes: Buffer): void;
  /** Information or complaint, of one line or several. */
  say(text: string): void;
  /** The line of progress at the bottom of a terminal; undefined takes it away. Nothing where stderr is not a terminal. */
  progress(line: string | undefined): void;
  /** Waits until stdout has taken everything. @returns false when it did not, which is then said */
  finish(): Promise<boolean>;
}

type Streams = Pick<NodeJS.Process, 'stdout' | 'stderr'>;

const CLEAR_LINE = '\r\u001B[K';
/** Nobody reads faster, and a terminal is slow. */
const PROGRESS_EVERY_MS = 100;

/** Writes to the process's own streams. A reader that went away (`pimsync list pairs | head -1`) is not an error. */
export function processOutput({ stdout, stderr }: Streams, nowMs: () => number = Date.now): Output {
  let shownAtMs: number | undefined;
  let failure: Error | undefined;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error;
  });
  // There is nowhere left to tell it.
  stderr.on('error', () => {});
  const clear = (): void => {
    if (shownAtMs !== undefined) stderr.write(CLEAR_LINE);
    shownAtMs = undefined;
  };
  const say = (text: string): void => {
    clear();
    stderr.write(text.replace(/\n$/, '').split('\n').map(toLine).join(''));
  };
  return {
    print(line) {
      clear();
      stdout.write(toLine(line));
    },
    json(value) {
      clear();
      stdout.write(`${toJson(value)}\n`);
    },
    write(bytes) {
      clear();
      if (!stdout.isTTY) stdout.write(bytes);
      else
        for (const line of bytes
          .toString()
          .replace(/\r?\n$/, '')
          .split(/\r?\n/))
          stdout.write(toLine(line));
    },
    say,
    progress(line) {
      if (!stderr.isTTY) return;
      if (line === undefined) return clear();
      if (shownAtMs !== undefined && Math.abs(nowMs() - shownAtMs) < PROGRESS_EVERY_MS) return;
      stderr.write(CLEAR_LINE + printable(line).slice(0, Math.max(0, stderr.columns - 1)));
      shownAtMs = nowMs();
    },
    async finish() {
      clear();
      await new Promise<void>((resolve) => {
        stdout.write('', () => resolve());
      });
      if (failure) say(`pimsync: the output cannot be written: ${failure.message}`);
      return failure === undefined;
    },
  };
}

const toLine = (text: string): string => `${printable(text)}\n`;

/** Terminal controls, line breaks, and marks that turn the reading direction. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/** Names and reasons come from servers and items, thus from strangers; what they could do to a terminal does not reach one. */
const printable = (text: string): string => text.replaceAll(UNPRINTABLE, '\uFFFD');

/** JSON leaves DEL and the C1 controls as they are. */
const toJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).replaceAll(
    /[\u007F-\u009F]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Columns padded to their widest cell, two blanks apart. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `1 item`, `2 items` */
export const countOf = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
