import { loadForCommand } from './command-base.ts';
import { runSync, type RunSyncOptions } from './run-sync.ts';
import { parseSelection } from './selection.ts';
import type { SyncOutcome } from './sync-outcome.ts';
import { pairNames } from './wiring.ts';

/** What a run of one pair would do. */
export interface PairPlan {
  readonly pair: string;
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

export interface AskingOptions extends Omit<RunSyncOptions, 'dryRun'> {
  /** `quit`: this pair and all after it are left alone. */
  readonly ask: (plan: PairPlan) => Promise<'yes' | 'no' | 'quit'>;
}

/**
 * `pimsync sync -i`: shows the plan of one pair after another, and does what is agreed to. A pair of which nothing is to be done is not
 * asked about. What changes between the plan and the run is done as well: a plan is no lock.
 * @throws whatever `runSync` throws
 */
export async function syncAsking({ ask, ...options }: AskingOptions): Promise<SyncOutcome> {
  const outcomes: SyncOutcome[] = [];
  for (const [pair, selection] of await wordsByPair(options)) {
    const plan = await runSync({ ...options, selection, dryRun: true });
    // A run that writes nothing still takes note of what both sides have.
    const answer =
      plan.lines.length === 0 ? 'yes' : await ask({ pair, lines: plan.lines, problems: plan.problems });
    if (answer === 'quit') break;
    if (answer === 'yes') outcomes.push(await runSync({ ...options, selection, dryRun: false }));
    else outcomes.push({ ...plan, lines: [], json: [] });
  }
  return {
    lines: outcomes.flatMap(({ lines }) => lines),
    problems: outcomes.flatMap(({ problems }) => problems),
    json: outcomes.flatMap(({ json }) => json),
    failed: outcomes.some(({ failed }) => failed),
    codes: outcomes.flatMap(({ codes }) => codes),
  };
}

/** What was named of each pair. @throws UsageError for an unknown pair */
async function wordsByPair(options: Omit<AskingOptions, 'ask'>): Promise<[pair: string, words: string[]][]> {
  const config = await loadForCommand(options);
  return [...parseSelection(options.selection, pairNames(config))].map(([pair, collections]) => [
    pair,
    collections ? [...collections].map((name) => `${pair}/${name}`) : [pair],
  ]);
}
