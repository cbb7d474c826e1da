import { canonicalComponent, canonicalLine } from './canonical.ts';
import type { Component } from './component.ts';
import { type ContentLine, parseContentLine, unfold } from './content-line.ts';

/** One content line with the bytes it was written in. */
export interface Leaf {
  readonly type: 'leaf';
  /** Folds, line end and the blank lines behind it included. */
  readonly raw: string;
  /** Unfolded. */
  readonly content: string;
  readonly line: ContentLine;
  /** Equal for two lines that mean the same. */
  readonly canon: string;
  /** Lines that cannot stand alone follow in `raw` (soft line breaks of vCard 2.1): to be carried whole or not at all. */
  readonly torn: boolean;
}

/** A component with the bytes it was written in: `raw` is `begin`, the children in order, `end`. */
export interface Block extends Component {
  readonly type: 'block';
  readonly raw: string;
  readonly begin: string;
  readonly end: string;
  readonly children: readonly (Leaf | Block)[];
  readonly components: readonly Block[];
  /** Equal for two components that mean the same. */
  readonly canon: string;
}

export interface BlockText {
  /** BOM and blank lines in front. */
  readonly prefix: string;
  readonly blocks: readonly Block[];
}

export const isLeaf = (node: Leaf | Block): node is Leaf => node.type === 'leaf';

/** The value of the first line of that name directly in the component. */
export const valueIn = ({ lines }: Component, name: string): string | undefined =>
  lines.find((line) => line.name === name)?.value.trim();

type Parts = Pick<Block, 'name' | 'begin' | 'children' | 'lines'>;

interface OpenBlock {
  readonly name: string;
  readonly begin: string;
  readonly children: (Leaf | Block)[];
  /** With the lines that are torn off from the one before. */
  readonly lines: ContentLine[];
}

/** Reads a text that `parseComponents` calls whole, keeping every byte. */
export function readBlocks(text: string): BlockText {
  const [prefix = '', ...raws] = rawLines(text);
  const blocks: Block[] = [];
  const open: OpenBlock[] = [];
  for (const raw of raws) {
    const content = unfold(raw)[0] ?? '';
    const line = parseContentLine(content);
    const top = open.at(-1);
    if (line.name === 'BEGIN') {
      open.push({ name: line.value.trim().toUpperCase(), begin: raw, children: [], lines: [] });
    } else if (top && line.name === 'END') {
      open.pop();
      (open.at(-1)?.children ?? blocks).push(toBlock(top, raw));
    } else if (top) {
      top.lines.push(line);
      addLeaf(top.children, { raw, content, line });
    }
  }
  return { prefix, blocks };
}

/** A component made of these parts; `lines` also has those that are torn off from the one before. */
export function toBlock({ name, begin, children, lines }: Parts, end: string): Block {
  const components = children.filter((child) => child.type === 'block');
  return {
    type: 'block',
    name,
    begin,
    end,
    children,
    lines,
    components,
    closed: true,
    raw: begin + children.map(({ raw }) => raw).join('') + end,
    canon: canonicalComponent({ name, lines, components, closed: true }),
  };
}

function addLeaf(
  children: (Leaf | Block)[],
  { raw, content, line }: Pick<Leaf, 'raw' | 'content' | 'line'>,
): void {
  const before = children.at(-1);
  if (before?.type === 'leaf' && isTornOff(line, content, before)) {
    children[children.length - 1] = {
      ...before,
      raw: before.raw + raw,
      content: `${before.content}\n${content}`,
      canon: before.canon + canonicalLine(line),
      torn: true,
    };
  } else {
    children.push({ type: 'leaf', raw, content, line, canon: canonicalLine(line), torn: false });
  }
}

/** A line without a colon, or behind a soft line break of quoted-printable (vCard 2.1), belongs to the one before. */
function isTornOff(line: ContentLine, content: string, before: Leaf): boolean {
  if (line.name === content) return true;
  return before.content.endsWith('=') && before.line.params.some((param) => /QUOTED-PRINTABLE$/i.test(param));
}

const PHYSICAL = /[^\r\n]*(?:\r\n?|\n)|[^\r\n]+/g;

/** What stands in front of the first line, then each line with its folds and the blank lines behind it; joined, the text. */
function rawLines(text: string): string[] {
  const raws = [''];
  let start = 0;
  if (text.startsWith('\uFEFF')) {
    raws[0] = '\uFEFF';
    start = 1;
  }
  for (const [raw] of text.slice(start).matchAll(PHYSICAL)) {
    const continues = raw.trim() === '' || (/^[ \t]/.test(raw) && raws.length > 1);
    if (continues) raws[raws.length - 1] += raw;
    else raws.push(raw);
  }
  return raws;
}
