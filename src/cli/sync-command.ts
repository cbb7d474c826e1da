import { Command, Option } from 'commander';
import type { PairPlan } from '../app/sync-asking.ts';
import { UsageError } from '../core/errors.ts';
import { type CommandContext, example } from './context.ts';
import { printSync } from './sync-run.ts';

interface SyncFlags {
  readonly dryRun: boolean;
  readonly interactive: boolean;
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
    .addOption(
      new Option('-i, --interactive', 'show the plan of each pair, and ask before it is carried out')
        .default(false)
        .conflicts(['dryRun', 'json']),
    )
    .option('--allow-empty', 'go on even if one side has become empty', false)
    .option('--json', 'one JSON document', false)
    .addHelpText('after', example('pimsync sync', 'pimsync sync -n backup/work'))
    .action((pairs: string[], flags: SyncFlags) => sync(context, pairs, flags));

const sync = (context: CommandContext, selection: string[], flags: SyncFlags): Promise<void> =>
  printSync(context, flags, async (run) => {
    const options = { ...context.base(), selection, ...flags, ...run };
    if (flags.interactive) {
      const ask = asking(context, run.signal);
      const { syncAsking } = await import('../app/sync-asking.ts');
      return syncAsking({ ...options, ask });
    }
    const { runSync } = await import('../app/run-sync.ts');
    return runSync(options);
  });

const ANSWERS = { y: 'yes', yes: 'yes', q: 'quit', quit: 'quit' } as const;

/** @throws UsageError where there is nobody to ask */
function asking(
  { output, terminal: openTerminal }: CommandContext,
  signal: AbortSignal,
): (plan: PairPlan) => Promise<'yes' | 'no' | 'quit'> {
  const terminal = openTerminal();
  if (!terminal)
    throw new UsageError('-i asks at a terminal; without one, look with -n and sync what you mean');
  return async ({ pair, lines, problems }) => {
    for (const line of lines) output.print(line);
    for (const line of problems) output.print(line);
    const answer = await terminal.ask(`Synchronise ${pair}? (y)es, (n)o, (q)uit: `, signal);
    // The end of the input is no yes.
    if (answer === undefined) return 'quit';
    return ANSWERS[answer.toLowerCase() as keyof typeof ANSWERS] ?? 'no';
  };
}
