import { Command } from 'commander';
import { programVersion } from '../app/version.ts';
import { type CommandContext, example } from './context.ts';

export const versionCommand = ({ output }: CommandContext): Command =>
  new Command('version')
    .description('print the version')
    .option('--json', 'one JSON document', false)
    .addHelpText('after', example('pimsync version'))
    .action(({ json }: { json: boolean }) => {
      const version = programVersion();
      if (json) output.json({ version, node: process.version });
      else output.print(`pimsync ${version}`);
    });
