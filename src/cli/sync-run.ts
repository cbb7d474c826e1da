import type { SyncProgress } from '../app/run-sync.ts';
import { onStopSignal } from '../app/signals.ts';
import type { SyncOutcome } from '../app/sync-outcome.ts';
import type { CommandContext } from './context.ts';
import { exitCodeOfFailures, INTERRUPTED } from './exit-code.ts';

export interface SyncRun {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SyncProgress) => void;
}

/** Runs a synchronisation that Ctrl-C cuts short at a safe point, and prints what came of it; `undefined`: `nothing`. */
export async function printSync(
  context: CommandContext,
  { json, nothing = '' }: { readonly json: boolean; readonly nothing?: string },
  run: (options: SyncRun) => Promise<SyncOutcome | undefined>,
): Promise<void> {
  const { output, exitWith } = context;
  const interrupt = new AbortController();
  const letGo = onStopSignal(() => interrupt.abort(new Error('interrupted')));
  try {
    const outcome = await run({
      signal: interrupt.signal,
      onProgress: (progress) => output.progress(progressLine(progress)),
    });
    print(outcome ?? { ...NOTHING, lines: [nothing] }, json, context);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    output.say('pimsync: interrupted; what was done is kept, and the next run goes on from here');
    exitWith(INTERRUPTED);
  } finally {
    letGo();
  }
}

const NOTHING: SyncOutcome = { lines: [], problems: [], json: [], failed: false, codes: [] };

function print(outcome: SyncOutcome, json: boolean, { output, exitWith }: CommandContext): void {
  if (json) output.json(outcome.json);
  else for (const line of outcome.lines) output.print(line);
  for (const line of outcome.problems) output.say(`pimsync: ${line}`);
  if (outcome.failed) exitWith(exitCodeOfFailures(outcome.codes));
}

function progressLine({ pair, collection, type, done, total }: SyncProgress): string {
  const count = total === 0 ? '' : ` ${done} of ${total}`;
  return `${pair}/${collection}: ${type}${count}`;
}
