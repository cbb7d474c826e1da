import { Argument, Command } from 'commander';
import { type CommandContext, example } from './context.ts';

const LISTS = ['pairs', 'storages'] as const;

export const listCommand = ({ output, base }: CommandContext): Command =>
  new Command('list')
    .description('names of the configured pairs or storages, one a line, for scripts')
    .addArgument(new Argument('<what>', 'what to list').choices(LISTS))
    .option('--json', 'one JSON document', false)
    .addHelpText('after', example('pimsync list pairs'))
    .action(async (what: (typeof LISTS)[number], { json }: { json: boolean }) => {
      const { listNames } = await import('../app/list-names.ts');
      const names = await listNames(what, base());
      if (json) output.json(names);
      else for (const name of names) output.print(name);
    });
