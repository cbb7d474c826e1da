import type { ConflictMode } from '../core/conflict-mode.ts';

/** A program that is given both versions of an item as files, and makes them the same. */
export interface ConflictCommand {
  readonly argv: readonly string[];
  /** How long it may take where nobody watches it. */
  readonly timeoutMs: number;
}

/** What becomes of items that both sides changed. */
export type ConflictChoice = Exclude<ConflictMode, 'command'> | ConflictCommand;

export const CONFLICT_COMMAND_TIMEOUT_MS = 60_000;
