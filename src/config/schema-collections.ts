import * as z from 'zod';
import type { PairCollections, PairEntry } from './config.ts';
import { isSegment } from './paths.ts';

/** The keys of an entry that gives the sides different names. */
export const ENTRY_KEYS = ['alias', 'a', 'b'] as const;

const EXPECTED =
  '"all", "from a", "from b" or a list such as ["work", { alias = "w", a = "work", b = "buero" }]';
const ENTRY_EXPECTED =
  'the name of a collection, or { alias = "w", a = "work", b = "buero" } (alias is optional)';
const WORDS = ['all', 'from a', 'from b'] as const;

/** Which collections a pair has; entries that clash are told with the entry that came first. */
export const pairCollections = z.unknown().transform((value, context): PairCollections => {
  const word = WORDS.find((known) => known === value);
  if (word !== undefined) return { type: word };
  if (!Array.isArray(value) || value.length === 0) {
    context.addIssue({ code: 'custom', message: EXPECTED });
    return z.NEVER;
  }
  const entries: PairEntry[] = [];
  for (const [index, raw] of (value as unknown[]).entries()) {
    const entry = readEntry(raw);
    const problem = entry ? clash(entry, entries) : ENTRY_EXPECTED;
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, path: [index] });
    else if (entry) entries.push(entry);
  }
  return { type: 'list', entries };
});

function readEntry(raw: unknown): PairEntry | undefined {
  if (typeof raw === 'string') return isId(raw) ? { name: raw, a: raw, b: raw } : undefined;
  if (typeof raw !== 'object' || raw === null) return undefined;
  if (Object.keys(raw).some((key) => !ENTRY_KEYS.some((known) => known === key))) return undefined;
  const { alias, a, b } = raw as Readonly<Record<string, unknown>>;
  if (!isId(a) || !isId(b)) return undefined;
  const name = alias ?? a;
  return isId(name) ? { name, a, b } : undefined;
}

function clash(entry: PairEntry, earlier: readonly PairEntry[]): string | undefined {
  for (const key of ['name', 'a', 'b'] as const) {
    if (earlier.some((other) => other[key] === entry[key]))
      return `another ${key === 'name' ? 'name' : `collection on side ${key}`}: ${JSON.stringify(entry[key])} is in the list already`;
  }
  return undefined;
}

const isId = (value: unknown): value is string => typeof value === 'string' && isSegment(value);
