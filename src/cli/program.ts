import { Command, Option } from 'commander';
import { LOG_LEVELS, type LogLevel } from '../lib/logger.ts';
import { checkCommand } from './check-command.ts';
import { daemonCommand } from './daemon-command.ts';
import { discoverCommand } from './discover-command.ts';
import { exitCodeOf, FAILED, OK } from './exit-code.ts';
import { listCommand } from './list-command.ts';
import { mountCommand } from './mount-command.ts';
import { type Output, processOutput } from './output.ts';
import { statusCommand } from './status-command.ts';
import { syncCommand } from './sync-command.ts';
import { unmountCommand } from './unmount-command.ts';
import { versionCommand } from './version-command.ts';

/** What every command gets: where to write, what was said before the command's name, and the way to say how it went. */
export interface CommandContext {
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
  /** `-c` and `-v`; to be called from within an action. */
  readonly globals: () => { readonly configPath: string | undefined; readonly logLevel: LogLevel };
  /** Something failed, but everything that could be done was done. */
  readonly failed: () => void;
  /** Ends with this status. */
  readonly exitWith: (status: number) => void;
}

interface GlobalOptions {
  readonly config?: string;
  readonly verbosity: LogLevel;
}

/** Runs one command line. @returns the exit status; throws only what is a bug */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const output = processOutput(process);
  let status = OK;
  const program = createProgram({
    output,
    env: process.env,
    globals() {
      const { config, verbosity } = program.opts<GlobalOptions>();
      return { configPath: config, logLevel: verbosity };
    },
    failed: () => (status = FAILED),
    exitWith: (wanted) => (status = wanted),
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return status;
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    // Commander has told its own errors already.
    if (!(error as { code?: string }).code?.startsWith('commander.')) sayError(output, error as Error);
    return code;
  } finally {
    output.progress(undefined);
  }
}

function sayError(output: Output, { message }: Error): void {
  const [first = '', ...more] = message.split('\n');
  output.say(`pimsync: ${first}`);
  for (const line of more) output.say(line);
}

function createProgram(context: CommandContext): Command {
  const program = new Command('pimsync')
    .description('Keeps CalDAV, CardDAV and vdir collections in step, and shows them as files.')
    .addOption(
      new Option(
        '-c, --config <file>',
        'configuration (default: $PIMSYNC_CONFIG, ~/.config/pimsync/mount.toml)',
      ),
    )
    .addOption(new Option('-v, --verbosity <level>', 'how much to log').choices(LOG_LEVELS).default('warn'))
    .showHelpAfterError('(pimsync --help tells what there is)')
    .enablePositionalOptions();
  for (const make of COMMANDS) program.addCommand(make(context));
  for (const command of [program, ...allCommands(program)]) command.exitOverride();
  return program;
}

const COMMANDS = [
  mountCommand,
  unmountCommand,
  syncCommand,
  daemonCommand,
  statusCommand,
  checkCommand,
  discoverCommand,
  listCommand,
  versionCommand,
];

const allCommands = (parent: Command): Command[] =>
  parent.commands.flatMap((command) => [command, ...allCommands(command)]);
