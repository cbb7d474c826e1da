import { Command } from 'commander';
import type { CommandBase } from '../app/command-base.ts';
import { type CommandContext, example } from './context.ts';

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

async function whole(base: CommandBase): Promise<Told> {
  const { readStatus } = await import('../app/status.ts');
  const { statusLines } = await import('./status-lines.ts');
  const status = await readStatus(base);
  return { data: status, lines: statusLines(status, new Date()) };
}

async function oneFile(base: CommandBase, path: string): Promise<Told> {
  const { readFileStatus } = await import('../app/status.ts');
  const { fileLines } = await import('./status-lines.ts');
  const state = await readFileStatus(base, path);
  return { data: state, lines: fileLines(state) };
}
