import { Command } from 'commander';
import { checkSetup } from '../app/check.ts';
import type { CommandContext } from './program.ts';

export const checkCommand = ({ output, env, globals, failed }: CommandContext): Command =>
  new Command('check')
    .description('look whether configuration, credentials and storages work; changes nothing')
    .argument('[pairs...]', 'check the storages of these pairs only (default: every storage)')
    .option('--json', 'one JSON document', false)
    .action(async (pairs: string[], { json }: { json: boolean }) => {
      const results = await checkSetup({ ...globals(), env, pairs });
      if (json) output.json(results);
      for (const { storage, ok, lines } of results) {
        if (!ok) failed();
        if (json) continue;
        output.print(`${storage}: ${ok ? 'ok' : 'FAILED'}`);
        for (const line of lines) output.print(`  ${line}`);
      }
    });
