import { Command } from 'commander';
import { type CommandContext, example } from './context.ts';
import { FAILED } from './exit-code.ts';

export const checkCommand = ({ output, base, exitWith }: CommandContext): Command =>
  new Command('check')
    .description('look whether configuration, credentials and storages work; changes nothing')
    .argument('[pairs...]', 'check the storages of these pairs only (default: every storage)')
    .option('--json', 'one JSON document', false)
    .addHelpText('after', example('pimsync check'))
    .action(async (pairs: string[], { json }: { json: boolean }) => {
      const { checkSetup } = await import('../app/check.ts');
      const results = await checkSetup({ ...base(), pairs });
      if (results.some(({ ok }) => !ok)) exitWith(FAILED);
      if (json) return output.json(results);
      for (const { storage, ok, lines } of results) {
        output.print(`${storage}: ${ok ? 'ok' : 'FAILED'}`);
        for (const line of lines) output.print(`  ${line}`);
      }
    });
