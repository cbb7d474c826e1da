import { Command, Option } from 'commander';
import { programVersion } from '../app/version.ts';
import { createTextLogger, LOG_LEVELS, type LogLevel } from '../lib/logger.ts';
import { checkCommand } from './check-command.ts';
import { conflictsCommand } from './conflicts-command.ts';
import { type CommandContext, example } from './context.ts';
import { historyCommand } from './history-command.ts';
import { confirmCommand, discardCommand } from './held-commands.ts';
import { daemonCommand } from './daemon-command.ts';
import { discoverCommand } from './discover-command.ts';
import { exitCodeOf, FAILED, OK } from './exit-code.ts';
import { listCommand } from './list-command.ts';
import { mountCommand } from './mount-command.ts';
import { type Output, processOutput } from './output.ts';
import { repairCommand } from './repair-command.ts';
import { resolveConflictsCommand } from './resolve-conflicts-command.ts';
import { restoreCommand } from './restore-command.ts';
import { statusCommand } from './status-command.ts';
import { syncCommand } from './sync-command.ts';
import { terminalOf } from './terminal.ts';
import { unmountCommand } from './unmount-command.ts';
import { versionCommand } from './version-command.ts';

interface GlobalOptions {
  readonly config?: string;
  readonly verbosity: LogLevel;
}

/** Runs one command line. @returns the exit status; throws only what is a bug */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const output = processOutput(process);
  const status = await runWords(words, output);
  const written = await output.finish();
  return written || status !== OK ? status : FAILED;
}

async function runWords(words: readonly string[], output: Output): Promise<number> {
  let status = OK;
  const program = createProgram({
    output,
    base() {
      const { config, verbosity: logLevel } = program.opts<GlobalOptions>();
      const say = (line: string): void => output.say(line);
      return { configPath: config, logLevel, env: process.env, say, log: createTextLogger(logLevel, say) };
    },
    terminal: () => terminalOf(process),
    exitWith: (wanted) => (status = wanted),
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return status;
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    // Commander has told its own errors already.
    if (!(error as { code?: string }).code?.startsWith('commander.'))
      output.say(`pimsync: ${(error as Error).message}`);
    return code;
  }
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
    .version(`pimsync ${programVersion()}`, '-V, --version', 'print the version')
    .addHelpText('after', example('pimsync mount ~/calendars', 'pimsync -c other.toml -v info sync'))
    .enablePositionalOptions();
  // Each command loads what it needs when it runs: `list` and `version` are for scripts and have to be quick.
  for (const make of COMMANDS) program.addCommand(make(context));
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)])
    harden(command, context);
  return program;
}

/** Every refusal is thrown, so that one place sets the exit status, and says where to look. */
function harden(command: Command, { output }: CommandContext): void {
  const isProgram = command.parent === null;
  const words = `${fullName(command)} --help`;
  const hint = isProgram ? '' : '; -c and -v go before the command';
  command
    .exitOverride()
    .showHelpAfterError(`("${words}" tells what there is${hint})`)
    .configureOutput({
      writeOut(text) {
        for (const line of text.replace(/\n$/, '').split('\n')) output.print(line);
      },
      writeErr: (text) => output.say(text),
    });
}

const fullName = (command: Command): string =>
  command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;

const COMMANDS = [
  mountCommand,
  unmountCommand,
  syncCommand,
  daemonCommand,
  statusCommand,
  conflictsCommand,
  resolveConflictsCommand,
  confirmCommand,
  discardCommand,
  historyCommand,
  restoreCommand,
  checkCommand,
  discoverCommand,
  repairCommand,
  listCommand,
  versionCommand,
];
