import type { CommandBase } from '../app/command-base.ts';
import type { LogLevel } from '../lib/logger.ts';
import type { Output } from './output.ts';
import type { Terminal } from './terminal.ts';

/** What every command gets: where to write, what was said before the command's name, and the way to say how it went. */
export interface CommandContext {
  readonly output: Output;
  /** `-c`, `-v` and the way to stderr; to be called from within an action. */
  readonly base: () => CommandBase & { readonly logLevel: LogLevel };
  /** The person in front of it; `undefined`: there is none. */
  readonly terminal: () => Terminal | undefined;
  /** What the process ends with, unless something throws; the last call counts. */
  readonly exitWith: (status: number) => void;
}

/** An example at the end of a command's help. */
export const example = (...lines: readonly string[]): string =>
  `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
