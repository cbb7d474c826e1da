import { Command } from 'commander';
import type { DiscoveredCollection } from '../app/discover.ts';
import { type CommandContext, example } from './context.ts';
import { FAILED } from './exit-code.ts';
import { countOf, table } from './output.ts';

export const discoverCommand = ({ output, base, exitWith }: CommandContext): Command =>
  new Command('discover')
    .description('the collections of each storage')
    .argument('[storages...]', 'storages to look at (default: all)')
    .option('--json', 'one JSON document', false)
    .addHelpText('after', example('pimsync discover personal'))
    .action(async (storages: string[], { json }: { json: boolean }) => {
      const { discoverStorages } = await import('../app/discover.ts');
      const found = await discoverStorages({ ...base(), storages });
      if (json) output.json(found);
      for (const { storage, error, collections } of found) {
        if (!json && error === undefined) output.print(`${storage}:`);
        if (!json) for (const line of table(collections.map(toRow))) output.print(line);
        const faults = [
          ...(error === undefined ? [] : [within(storage, error)]),
          ...collections.flatMap(({ id, error: fault }) =>
            fault === undefined ? [] : [`storage "${storage}", collection "${id}": ${fault}`],
          ),
        ];
        for (const fault of faults) output.say(`pimsync: ${fault}`);
        if (faults.length > 0) exitWith(FAILED);
      }
    });

/** Some errors name their storage themselves. */
function within(storage: string, error: string): string {
  const prefix = `storage "${storage}": `;
  return error.startsWith(prefix) ? error : prefix + error;
}

const toRow = ({ id, kind, writable, items, displayname, href }: DiscoveredCollection): string[] => [
  `  ${id}`,
  kind,
  writable ? 'writable' : 'read-only',
  items === undefined ? '? items' : countOf(items, 'item'),
  displayname ?? '-',
  href,
];
