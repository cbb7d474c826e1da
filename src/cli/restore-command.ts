import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { Chosen } from '../app/history-choose.ts';
import type { Restored } from '../app/history-restore.ts';
import { AlreadyExistsError, StateError } from '../core/errors.ts';
import { type CommandContext, example } from './context.ts';
import { localTime } from './history-lines.ts';

interface RestoreFlags {
  readonly to?: string;
  readonly json: boolean;
}

export const restoreCommand = (context: CommandContext): Command =>
  new Command('restore')
    .description('bring back a text that a file of the mount had before, or a deleted item')
    .argument('<path[@N]>', 'an item in the mount, there or deleted, and which version (default: the newest)')
    .option('--to <file>', 'write the version to a new file instead, or with "-" to stdout')
    .option('--json', 'one JSON document', false)
    .addHelpText(
      'after',
      example(
        'pimsync restore ~/calendars/personal/work/standup.ics',
        'pimsync restore ~/calendars/personal/work/standup.ics@12 --to -',
      ),
    )
    .action((words: string, flags: RestoreFlags) => restore(context, words, flags));

async function restore(context: CommandContext, words: string, { to, json }: RestoreFlags): Promise<void> {
  const { output, base } = context;
  if (to !== undefined) {
    const { chooseVersion } = await import('../app/history-choose.ts');
    return writeTo(context, to, await chooseVersion(base(), words));
  }
  const { restoreVersion } = await import('../app/history-restore.ts');
  const restored = await restoreVersion(base(), words);
  const { path, version, outcome, isRunning } = restored;
  if (json) return output.json({ path, version: version.number, outcome, isRunning });
  output.print(sentence(restored));
}

function sentence({ path, version, outcome, isRunning }: Restored): string {
  const which = `@${version.number}, replaced at ${localTime(version.replacedAtMs)}`;
  if (outcome === 'same') return `${path} says what ${which}, said; nothing was done`;
  const when = isRunning ? 'it is sent in a moment' : 'it is sent at the next sync, or when it is mounted';
  return `${path} is as it was in ${which}; ${when}`;
}

async function writeTo({ output }: CommandContext, to: string, { text }: Chosen): Promise<void> {
  if (to === '-') return output.write(text);
  try {
    await writeFile(to, text, { flag: 'wx' });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new AlreadyExistsError(`${to} is there already, and is left as it is; name a new file`, {
        cause,
      });
    throw new StateError(`${to} cannot be written: ${message}`, { cause });
  }
  output.say(`${to} has the version`);
}
