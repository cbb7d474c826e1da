import { Command } from 'commander';
import { type CommandContext, example } from './context.ts';
import { printSync } from './sync-run.ts';

interface SyncFlags {
  readonly dryRun: boolean;
  readonly allowEmpty: boolean;
  readonly json: boolean;
}

export const syncCommand = (context: CommandContext): Command =>
  new Command('sync')
    .description('bring both sides of each pair to agree, once')
    .argument(
      '[pairs...]',
      'PAIR or PAIR/COLLECTION (default: every pair, and what the mount still has to send)',
    )
    .option('-n, --dry-run', 'print the plan and change nothing', false)
    .option('--allow-empty', 'go on even if one side has become empty', false)
    .option('--json', 'one JSON document', false)
    .addHelpText('after', example('pimsync sync', 'pimsync sync -n backup/work'))
    .action((pairs: string[], flags: SyncFlags) => sync(context, pairs, flags));

const sync = (context: CommandContext, selection: string[], flags: SyncFlags): Promise<void> =>
  printSync(context, flags, async (run) => {
    const { runSync } = await import('../app/run-sync.ts');
    return runSync({ ...context.base(), selection, ...flags, ...run });
  });
