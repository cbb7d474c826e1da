import * as z from 'zod';
import { CONFLICT_MODES } from '../core/conflict-mode.ts';
import { type ConflictChoice, CONFLICT_COMMAND_TIMEOUT_MS } from './conflict-choice.ts';
import { DURATION, parseDuration } from './duration.ts';
import { isCommand } from './schema-program.ts';

const EXPECTED = `one of ${CONFLICT_MODES.map((mode) => `"${mode}"`).join(', ')} or { command = ["prog", "arg"] }`;
const COMMAND_EXPECTED = 'a program and its arguments, such as { command = ["my-merge", "--quiet"] }';

/** The keys of the table, where it is one. */
export const CONFLICT_KEYS = ['command', 'timeout'] as const;

type Reading = ConflictChoice | { readonly expected: string };

/** What becomes of items that both sides changed: a word, or a command. */
export const conflictChoice = z.unknown().transform((value, context): ConflictChoice => {
  const reading = readChoice(value);
  if (typeof reading === 'string' || 'argv' in reading) return reading;
  context.addIssue({ code: 'custom', message: reading.expected });
  return z.NEVER;
});

function readChoice(value: unknown): Reading {
  const mode = CONFLICT_MODES.find((known) => known === value);
  if (mode !== undefined) return mode;
  if (typeof value !== 'object' || value === null) return { expected: EXPECTED };
  const keys = Object.keys(value);
  const unknown = keys.some((key) => !CONFLICT_KEYS.some((known) => known === key));
  if (unknown || !('command' in value)) return { expected: EXPECTED };
  if (!isCommand(value.command)) return { expected: COMMAND_EXPECTED };
  const timeoutMs = 'timeout' in value ? readTimeout(value.timeout) : CONFLICT_COMMAND_TIMEOUT_MS;
  if (timeoutMs === undefined) return { expected: `${DURATION}, as "timeout" beside the command` };
  return { argv: value.command, timeoutMs };
}

function readTimeout(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  return ms === 0 ? undefined : ms;
}
