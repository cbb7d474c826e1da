import { Command } from 'commander';
import { programVersion } from '../app/version.ts';
import type { CommandContext } from './program.ts';

export const versionCommand = ({ output }: CommandContext): Command =>
  new Command('version')
    .description('print the version')
    .action(() => output.print(`pimsync ${programVersion()}`));
