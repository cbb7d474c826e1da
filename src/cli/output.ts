/** Data goes to stdout, everything said about it to stderr. */
export interface Output {
  /** One line of data. */
  print(line: string): void;
  /** One JSON document. */
  json(value: unknown): void;
  /** One line of information or complaint. */
  say(line: string): void;
  /** The line of progress at the bottom of a terminal; undefined takes it away. Nothing where stderr is not a terminal. */
  progress(line: string | undefined): void;
}

const CLEAR_LINE = '\r\u001B[K';

/** Writes to the process's own streams. A reader that went away (`pimsync list pairs | head -1`) is not an error. */
export function processOutput({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): Output {
  let shown = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const clear = (): void => {
    if (shown) stderr.write(CLEAR_LINE);
    shown = false;
  };
  return {
    print(line) {
      clear();
      stdout.write(`${line}\n`);
    },
    json(value) {
      clear();
      stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    },
    say(line) {
      clear();
      stderr.write(`${line}\n`);
    },
    progress(line) {
      if (!stderr.isTTY) return;
      clear();
      if (line === undefined) return;
      stderr.write(line.slice(0, Math.max(0, stderr.columns - 1)));
      shown = true;
    },
  };
}

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
