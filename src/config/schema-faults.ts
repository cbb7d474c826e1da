import type * as z from 'zod';
import type { Fault, KeyPath } from './fault.ts';
import { nearest } from './nearest.ts';

interface Place {
  /** Where in the file the checked table stands. */
  readonly at: KeyPath;
  /** What was checked, to tell a missing value from a wrong one. */
  readonly raw: unknown;
  /** The keys that the table may have. */
  readonly known: readonly string[];
}

/** Keys whose values never appear in a message: they are secrets, or people put secrets there by mistake. */
const SILENT: ReadonlySet<PropertyKey> = new Set(['password', 'headers', 'url', 'username']);

/** zod's findings in our words: what was expected, what was found, which key was probably meant. */
export function schemaFaults(error: z.ZodError, place: Place): Fault[] {
  const faults = error.issues.flatMap((issue) => issueFaults(issue, place));
  // A text that is too short and of the wrong form is one fault.
  return faults.filter(
    (fault, index) => faults.findIndex(({ at }) => JSON.stringify(at) === JSON.stringify(fault.at)) === index,
  );
}

function issueFaults(issue: z.core.$ZodIssue, { at, raw, known }: Place): Fault[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ at: [...at, ...path, key], message: unknownKey(key, known) }));
  const expected = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message;
  return [{ at: [...at, ...path], message: wrongValue(expected ?? issue.message, path, raw) }];
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return `unknown key; ${meant === undefined ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`}`;
}

function wrongValue(expected: string, path: KeyPath, raw: unknown): string {
  const value = path.reduce<unknown>(valueAt, raw);
  if (value === undefined) return `missing; expected ${expected}`;
  return `expected ${expected}, got ${inWords(
    value,
    path.some((key) => SILENT.has(key)),
  )}`;
}

const valueAt = (value: unknown, key: string | number): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string | number, unknown>>)[key]
    : undefined;

/** What stands in the file, as far as it may be told. */
function inWords(value: unknown, silent: boolean): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object') return 'a table';
  if (silent) return typeof value === 'string' ? 'another text' : `a ${typeof value}`;
  return JSON.stringify(value);
}
