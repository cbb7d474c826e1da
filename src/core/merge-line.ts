import type { Leaf } from './block.ts';
import { canonicalLine } from './canonical.ts';
import { parseContentLine } from './content-line.ts';
import { mapVersions, type Triple, type Versions, whoChanged } from './slot.ts';

/** Bytes of the same meaning: of the version that wrote it anew, and where both did, always the same of the two. */
export function pickText({ base, a, b }: Versions<string>): string {
  const side = whoChanged({ base, a, b });
  if (side === 'a' || side === 'none') return a;
  return side === 'b' || b < a ? b : a;
}

/** Joins edits of the value and of different parameters; `undefined` where both sides changed the same. */
export function mergeLine(leaves: Versions<Leaf>): string | undefined {
  const side = whoChanged(mapVersions(leaves, ({ canon }) => canon));
  if (side === 'none') return pickText(mapVersions(leaves, ({ raw }) => raw));
  if (side !== 'both') return leaves[side].raw;
  const { base, a, b } = leaves;
  if (a.torn || b.torn || base?.torn) return undefined;
  const content = joinParts(mapVersions(leaves, takeApart));
  if (content === undefined) return undefined;
  const canon = canonicalLine(parseContentLine(content));
  return (
    [a, b].find((leaf) => leaf.canon === canon)?.raw ??
    writeLine(content, base?.raw ?? pickText({ base: undefined, a: a.raw, b: b.raw }))
  );
}

/** A content line, folded, with the line end that `like` has. */
export function writeLine(content: string, like: string): string {
  const lineEnd = /\r\n|[\r\n]/.exec(like)?.[0] ?? '\r\n';
  return fold(content, `${lineEnd} `) + lineEnd;
}

/** RFC 5545, 3.1: no line is longer than 75 bytes. Characters are left whole. */
function fold(content: string, glue: string): string {
  const pieces = [''];
  let bytes = 0;
  for (const character of content) {
    const size = Buffer.byteLength(character);
    if (bytes + size > 75) {
      pieces.push('');
      bytes = 1;
    }
    pieces[pieces.length - 1] += character;
    bytes += size;
  }
  return pieces.join(glue);
}

/** These say how the value is to be read, and mean nothing without it. */
const OF_THE_VALUE = /^(VALUE|TZID|ENCODING|CHARSET|MEDIATYPE|FMTTYPE|QUOTED-PRINTABLE|BASE64)(=|$)/;

interface Part {
  readonly canon: string;
  /** As written. */
  readonly raw: string;
}

interface LineParts {
  readonly name: string;
  /** By name; one that stands several times in a line is one part. */
  readonly params: ReadonlyMap<string, Part>;
  readonly value: Part;
}

function takeApart({ content, line }: Leaf): LineParts {
  const [name = '', ...written] = splitHead(content.slice(0, content.length - line.value.length - 1));
  const params = new Map<string, Part>();
  const ofTheValue: Part[] = [];
  for (const [at, canon] of line.params.entries()) {
    const part = { canon, raw: `;${written[at] ?? canon}` };
    if (OF_THE_VALUE.test(canon)) ofTheValue.push(part);
    else addPart(params, part);
  }
  const canons = ofTheValue.map(({ canon }) => canon).toSorted();
  return {
    name,
    params,
    value: {
      canon: JSON.stringify([...canons, line.value]),
      raw: `${ofTheValue.map(({ raw }) => raw).join('')}:${line.value}`,
    },
  };
}

function addPart(params: Map<string, Part>, { canon, raw }: Part): void {
  const name = canon.split('=', 1)[0] ?? '';
  const before = params.get(name);
  params.set(name, before ? { canon: `${before.canon};${canon}`, raw: before.raw + raw } : { canon, raw });
}

/** `NAME;PARAM=value` at the semicolons outside of quotes. */
function splitHead(head: string): string[] {
  const segments: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < head.length; at += 1) {
    if (head[at] === '"') quoted = !quoted;
    else if (head[at] === ';' && !quoted) {
      segments.push(head.slice(start, at));
      start = at + 1;
    }
  }
  return [...segments, head.slice(start)];
}

function joinParts(parts: Versions<LineParts>): string | undefined {
  const value = joinPart(mapVersions(parts, ({ value }) => value));
  const params = paramNames(parts).map((name) =>
    joinPart({
      base: parts.base?.params.get(name),
      a: parts.a.params.get(name),
      b: parts.b.params.get(name),
    }),
  );
  if (value === 'conflict' || params.includes('conflict')) return undefined;
  const name = pickText(mapVersions(parts, ({ name }) => name));
  return [name, ...params, value]
    .map((part) => (typeof part === 'object' ? part.raw : (part ?? '')))
    .join('');
}

/** Those of the base in its order, then the others in an order that does not depend on which side is called a. */
function paramNames({ base, a, b }: Versions<LineParts>): string[] {
  const added = [...a.params.keys(), ...b.params.keys()].toSorted();
  return [...new Set([...(base?.params.keys() ?? []), ...added])];
}

function joinPart({ base, a, b }: Triple<Part | undefined>): Part | undefined | 'conflict' {
  const side = whoChanged({ base: base?.canon, a: a?.canon, b: b?.canon });
  if (side === 'both') return 'conflict';
  if (side !== 'none') return side === 'a' ? a : b;
  return a && b && { canon: a.canon, raw: pickText({ base: base?.raw, a: a.raw, b: b.raw }) };
}
