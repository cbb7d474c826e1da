import { Command } from 'commander';
import type { SyncProgress } from '../app/run-sync.ts';
import { onStopSignal } from '../app/signals.ts';
import { type CommandContext, example } from './context.ts';
import { exitCodeOfFailures, INTERRUPTED } from './exit-code.ts';

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

async function sync(
  { output, base, exitWith }: CommandContext,
  selection: string[],
  flags: SyncFlags,
): Promise<void> {
  const interrupt = new AbortController();
  const letGo = onStopSignal(() => interrupt.abort(new Error('interrupted')));
  try {
    const { runSync } = await import('../app/run-sync.ts');
    const outcome = await runSync({
      ...base(),
      selection,
      ...flags,
      signal: interrupt.signal,
      onProgress: (progress) => output.progress(progressLine(progress)),
    });
    if (flags.json) output.json(outcome.json);
    else for (const line of outcome.lines) output.print(line);
    for (const line of outcome.problems) output.say(`pimsync: ${line}`);
    if (outcome.failed) exitWith(exitCodeOfFailures(outcome.codes));
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    output.say('pimsync: interrupted; what was done is kept, and the next run goes on from here');
    exitWith(INTERRUPTED);
  } finally {
    letGo();
  }
}

function progressLine({ pair, collection, type, done, total }: SyncProgress): string {
  const count = total === 0 ? '' : ` ${done} of ${total}`;
  return `${pair}/${collection}: ${type}${count}`;
}
