import { Command } from 'commander';
import { readStatus, type Status } from '../app/status.ts';
import type { CommandContext } from './program.ts';
import { table } from './output.ts';

export const statusCommand = ({ output, env, globals }: CommandContext): Command =>
  new Command('status')
    .description('what is pending, failing or in conflict, for everything or for one file of the mount')
    .argument('[path]', 'a file in the mount')
    .option('--json', 'one JSON document', false)
    .action(async (path: string | undefined, { json }: { json: boolean }) => {
      const status = await readStatus({ ...globals(), env, path });
      if (json) output.json(status);
      else for (const line of statusLines(status)) output.print(line);
    });
