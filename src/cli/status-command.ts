import { Command } from 'commander';
import { readFileStatus, readStatus } from '../app/status.ts';
import type { CommandContext } from './program.ts';
import { fileLines, statusLines } from './status-lines.ts';

export const statusCommand = ({ output, env, globals }: CommandContext): Command =>
  new Command('status')
    .description('what is pending, failing or in conflict, for everything or for one file of the mount')
    .argument('[path]', 'a file in the mount')
    .option('--json', 'one JSON document', false)
    .action(async (path: string | undefined, { json }: { json: boolean }) => {
      const options = { ...globals(), env };
      const told =
        path === undefined
          ? await readStatus(options).then((status) => ({
              data: status,
              lines: statusLines(status, new Date()),
            }))
          : await readFileStatus(options, path).then((state) => ({ data: state, lines: fileLines(state) }));
      if (json) output.json(told.data);
      else for (const line of told.lines) output.print(line);
    });
