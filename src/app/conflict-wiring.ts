import type { Database } from '../cache/database.ts';
import { createMemo } from '../cache/memo-store.ts';
import type { Config } from '../config/config.ts';
import type { ConflictChoice } from '../config/conflict-choice.ts';
import type { ConflictMode } from '../core/conflict-mode.ts';
import type { Limiter } from '../lib/limiter.ts';
import type { ConflictCommandOf } from './conflict-commands.ts';
import { atTerminal, unattended } from './conflict-programs.ts';
import { withoutSecrets } from './hooks.ts';
import { TriedConflicts } from './tried-conflicts.ts';

interface ConflictParts {
  readonly config: Config;
  readonly db: Database;
  /** A person sits in front of this process. */
  readonly atTerminal?: boolean;
  /** Shared by the commands of an engine. */
  readonly commands: Limiter;
}

/** What the engine needs to know of what a pair does about conflicts. */
export function conflictsOfPair(
  pair: string,
  choice: ConflictChoice,
  { config, db, commands, ...options }: ConflictParts,
): { readonly mode: ConflictMode; readonly command: ConflictCommandOf | undefined } {
  if (typeof choice === 'string') return { mode: choice, command: undefined };
  const { argv, timeoutMs } = choice;
  const run = options.atTerminal === true ? atTerminal(argv) : unattended(argv, timeoutMs);
  // No storage can have a colon in its name.
  const tried = new TriedConflicts(createMemo(db, `pair:${pair}`), argv);
  return {
    mode: 'command',
    command: { run, env: withoutSecrets(process.env, config), limiter: commands, tried },
  };
}
