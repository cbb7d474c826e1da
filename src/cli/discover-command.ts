import { Command } from 'commander';
import { discoverStorages } from '../app/discover.ts';
import type { CommandContext } from './program.ts';
import { table } from './output.ts';

export const discoverCommand = ({ output, env, globals, failed }: CommandContext): Command =>
  new Command('discover')
    .description('the collections of each storage')
    .argument('[storages...]', 'storages to look at (default: all)')
    .option('--json', 'one JSON document', false)
    .action(async (storages: string[], { json }: { json: boolean }) => {
      const found = await discoverStorages({ ...globals(), env, storages });
      if (json) output.json(found);
      else {
        for (const { storage, collections } of found) {
          output.print(`${storage}:`);
          const rows = collections.map(({ id, kind, writable, items, displayname, href }) => [
            `  ${id}`,
            kind,
            writable ? 'writable' : 'read-only',
            `${items} item${items === 1 ? '' : 's'}`,
            displayname ?? '-',
            href,
          ]);
          for (const line of table(rows)) output.print(line);
        }
      }
      for (const { storage, error } of found.filter(({ error }) => error !== undefined)) {
        output.say(`pimsync: storage "${storage}": ${error}`);
        failed();
      }
    });
