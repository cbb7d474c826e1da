import { Argument, Command } from 'commander';
import { loadFrom } from '../app/config-source.ts';
import { pairNames } from '../app/wiring.ts';
import type { CommandContext } from './program.ts';

export const listCommand = ({ output, env, globals }: CommandContext): Command =>
  new Command('list')
    .description('names of the configured pairs or storages, one a line, for scripts')
    .addArgument(new Argument('<what>', 'what to list').choices(['pairs', 'storages']))
    .option('--json', 'one JSON document', false)
    .action(async (what: 'pairs' | 'storages', { json }: { json: boolean }) => {
      const config = await loadFrom({ type: 'file', path: globals().configPath }, env);
      const names = what === 'pairs' ? pairNames(config) : [...config.storages.keys()];
      if (json) output.json(names);
      else for (const name of names) output.print(name);
    });
