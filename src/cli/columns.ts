/** Two texts beside each other need at least this. */
const LEAST_COLUMNS = 80;
const BETWEEN = ' | ';
const INDENT = '  ';
/** Nobody compares more by eye; `--json` has everything. */
const MAX_LINES = 20;

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** What terminals show two cells wide, near enough: East Asian scripts, fullwidth forms and pictures. */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303F\uFF01-\uFF60\uFFE0-\uFFE6\p{Emoji_Presentation}]/u;

/** Two texts beside each other, wrapped; `undefined` where the terminal is too narrow for it. */
export function sideBySide(left: string, right: string, columns: number): string[] | undefined {
  if (columns < LEAST_COLUMNS) return undefined;
  const width = Math.floor((columns - INDENT.length - BETWEEN.length) / 2);
  const [lefts, rights] = [wrap(left, width), wrap(right, width)];
  return Array.from({ length: Math.max(lefts.length, rights.length) }, (_, at) => {
    const cell = lefts[at] ?? '';
    const pad = ' '.repeat(Math.max(0, width - widthOf(cell)));
    return `${INDENT}${cell}${pad}${BETWEEN}${rights[at] ?? ''}`.trimEnd();
  });
}

/** Lines no wider than that, broken between characters and, where there is one not far from the end, at a blank. */
export function wrap(text: string, width: number): string[] {
  const lines = text.split('\n').flatMap((line) => wrapLine(line, width));
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `(${lines.length - MAX_LINES} more lines)`];
}

function wrapLine(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    const cells = WIDE.test(segment) ? 2 : 1;
    if (used + cells > width) {
      const blank = line.lastIndexOf(' ');
      const cut = blank > line.length / 2 ? blank + 1 : line.length;
      lines.push(line.slice(0, cut).trimEnd());
      line = line.slice(cut);
      used = widthOf(line);
    }
    line += segment;
    used += cells;
  }
  return [...lines, line];
}

/** How many cells of a terminal a text takes. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}
