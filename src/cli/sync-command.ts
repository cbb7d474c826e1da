import { Command } from 'commander';
import { runSync, type SyncProgress } from '../app/run-sync.ts';
import { INTERRUPTED } from './exit-code.ts';
import type { CommandContext } from './program.ts';

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
    .action((pairs: string[], flags: SyncFlags) => sync(context, pairs, flags));

async function sync(
  { output, env, globals, failed, exitWith }: CommandContext,
  pairs: string[],
  flags: SyncFlags,
): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const outcome = await runSync({
      ...globals(),
      env,
      selection: pairs,
      ...flags,
      signal: interrupt.signal,
      onProgress: (progress) => output.progress(progressLine(progress)),
      onWarning: (line) => output.say(line),
    });
    output.progress(undefined);
    if (flags.json) output.json(outcome.json);
    else for (const line of outcome.lines) output.print(line);
    for (const line of outcome.problems) output.say(`pimsync: ${line}`);
    if (outcome.failed) failed();
    if (interrupt.signal.aborted) exitWith(INTERRUPTED);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    output.say('pimsync: interrupted; what was done is kept, and the next run goes on from here');
    exitWith(INTERRUPTED);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function progressLine({ pair, collection, type, done, total }: SyncProgress): string {
  const count = total === undefined ? `${done}` : `${done} of ${total}`;
  return `${pair}/${collection}: ${type} ${count}`;
}
