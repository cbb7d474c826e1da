import { Command } from 'commander';
import { readFileStatus, readStatus } from '../app/status.ts';
import { type CommandContext, example } from './context.ts';
import { fileLines, statusLines } from './status-lines.ts';

export const statusCommand = ({ output, base }: CommandContext): Command =>
  new Command('status')
    .description('what is pending, failing or in conflict, for everything or for one file of the mount')
    .argument('[path]', 'a file in the mount')
    .option('--json', 'one JSON document', false)
    .addHelpText('after', example('pimsync status', 'pimsync status ~/calendars/personal/work/standup.ics'))
    .action(async (path: string | undefined, { json }: { json: boolean }) => {
      const { data, lines } = path === undefined ? await whole(base()) : await oneFile(base(), path);
      if (json) output.json(data);
      else for (const line of lines) output.print(line);
    });

interface Told {
  readonly data: unknown;
  readonly lines: readonly string[];
}

async function whole(base: Parameters<typeof readStatus>[0]): Promise<Told> {
  const status = await readStatus(base);
  return { data: status, lines: statusLines(status, new Date()) };
}

async function oneFile(base: Parameters<typeof readFileStatus>[0], path: string): Promise<Told> {
  const state = await readFileStatus(base, path);
  return { data: state, lines: fileLines(state) };
}
