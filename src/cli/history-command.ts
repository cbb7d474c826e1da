import { Command } from 'commander';
import { type CommandContext, example } from './context.ts';
import { historyLines } from './history-lines.ts';

const COLUMNS = `
A file: number, when that text was replaced, its size and title, and what replaced it; the newest first.
A folder: the items in it that were changed or deleted, each with its newest version.`;

export const historyCommand = (context: CommandContext): Command =>
  new Command('history')
    .description('texts that a file of the mount had before, and deleted items')
    .argument('<path>', 'an item in the mount, there or deleted, or a folder of the mount')
    .option('--json', 'one JSON document', false)
    .addHelpText('after', COLUMNS)
    .addHelpText(
      'after',
      example('pimsync history ~/calendars/personal/work/standup.ics', 'pimsync history ~/calendars'),
    )
    .action((path: string, { json }: { readonly json: boolean }) => history(context, path, json));

async function history(
  { output, base, terminal }: CommandContext,
  path: string,
  json: boolean,
): Promise<void> {
  const { readHistory } = await import('../app/history.ts');
  const read = await readHistory(base(), path);
  if (json) return output.json(read.isItem ? read.items[0] : read.items);
  const lines = historyLines(read, { path, isTerminal: terminal() !== undefined });
  for (const line of lines) output.print(line);
  if (lines.length === 0)
    output.say(`${path}: nothing was overwritten or deleted here as long as the history goes back`);
}
