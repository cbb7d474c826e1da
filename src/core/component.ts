import { type ContentLine, parseContentLine, unfold } from './content-line.ts';

/** A BEGIN … END block. Damage is kept as a claim, never as an exception. */
export interface Component {
  readonly name: string;
  readonly lines: readonly ContentLine[];
  readonly components: readonly Component[];
  /** Its END was there. */
  readonly closed: boolean;
}

export interface ComponentTree {
  readonly components: readonly Component[];
  /** What stands outside of all components. */
  readonly strayLines: readonly ContentLine[];
  /** Every BEGIN has its END, nothing stands outside, and there is at least one component. */
  readonly whole: boolean;
}

interface OpenComponent {
  readonly name: string;
  readonly lines: ContentLine[];
  readonly components: Component[];
  closed: boolean;
}

/** Bounds the recursion that any reader of the tree needs; deeper blocks count as damaged (real items have 4). */
const MAX_DEPTH = 64;

/** Reads the block structure of a text. An unclosed block ends with the text, a stray END is passed over; both make `whole` false. */
export function parseComponents(text: string): ComponentTree {
  const root: OpenComponent = { name: '', lines: [], components: [], closed: true };
  const open = [root];
  let whole = true;
  for (const raw of unfold(text.startsWith('\uFEFF') ? text.slice(1) : text)) {
    if (!readLine(open, parseContentLine(raw))) whole = false;
  }
  const { components, lines: strayLines } = root;
  return { components, strayLines, whole: whole && open.length === 1 && components.length > 0 };
}

/** Puts one line where it belongs; `false` when it belongs nowhere. `open` is the stack of unfinished blocks, the text's own first. */
function readLine(open: OpenComponent[], line: ContentLine): boolean {
  const top = open.at(-1);
  if (!top) return false;
  if (line.name === 'BEGIN' && open.length <= MAX_DEPTH) {
    const begun: OpenComponent = { name: blockName(line), lines: [], components: [], closed: false };
    top.components.push(begun);
    open.push(begun);
    return true;
  }
  if (line.name === 'END' && open.length > 1 && top.name === blockName(line)) {
    top.closed = true;
    open.pop();
    return true;
  }
  top.lines.push(line);
  return open.length > 1 && line.name !== 'BEGIN' && line.name !== 'END';
}

const blockName = ({ value }: ContentLine): string => value.trim().toUpperCase();
