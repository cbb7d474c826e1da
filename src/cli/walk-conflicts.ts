import type { Choice, Conflict, Decision, ShownConflict } from '../app/conflicts.ts';
import type { SyncOutcome } from '../app/sync-outcome.ts';
import { PimsyncError } from '../core/errors.ts';
import { comparisonLines, type Position } from './conflict-lines.ts';
import type { Terminal } from './terminal.ts';

/** A program in which a person makes both texts the same. */
export interface Editor {
  readonly name: string;
  readonly decision: Decision;
}

export interface WalkOptions {
  readonly terminal: Terminal;
  readonly print: (line: string) => void;
  readonly list: () => Promise<readonly Conflict[]>;
  readonly show: (item: string) => Promise<ShownConflict>;
  readonly resolve: (item: string, decision: Decision, shown: ShownConflict) => Promise<SyncOutcome>;
  readonly editorOf: (pair: string) => Editor;
  readonly signal: AbortSignal;
}

/**
 * Shows one conflict after another and asks what is to become of it.
 * @param wanted those to go through
 * @returns those of them that are left
 */
export async function walkConflicts(
  wanted: readonly Conflict[],
  options: WalkOptions,
): Promise<readonly Conflict[]> {
  for (const [at, { item }] of wanted.entries()) {
    const isEnough = await goThrough(item, { number: at + 1, total: wanted.length }, options);
    if (isEnough) break;
  }
  const left = await options.list();
  return left.filter(({ item }) => wanted.some((one) => one.item === item));
}

/** Asks about one until it is dealt with. @returns whether that is enough for now */
async function goThrough(item: string, position: Position, options: WalkOptions): Promise<boolean> {
  for (;;) {
    const shown = await orTold(() => options.show(item), options);
    if (!shown) return false;
    for (const line of comparisonLines(shown, position, options.terminal.columns)) options.print(line);
    const answer = await ask(shown, options);
    if (answer === 'skip' || answer === 'quit') return answer === 'quit';
    const decision = decisionFor(answer, shown, options);
    const outcome = await orTold(() => options.resolve(item, decision, shown), options);
    if (outcome && (await isDone(item, outcome, options))) return false;
  }
}

/** What failed is told; the person decides how to go on. */
async function orTold<T>(work: () => Promise<T>, { print, signal }: WalkOptions): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PimsyncError)) throw error;
    print(error.message);
    return undefined;
  }
}

async function isDone(
  item: string,
  { lines, problems, codes }: SyncOutcome,
  options: WalkOptions,
): Promise<boolean> {
  for (const line of lines) options.print(line);
  const left = (await options.list()).find((one) => one.item === item);
  if (codes.length > 0) for (const problem of problems) options.print(problem);
  else if (left) options.print(`not resolved: ${left.reason}`);
  return !left;
}

type Answer = Choice | 'skip' | 'quit';

const WORDS: ReadonlyMap<string, Answer> = new Map([
  ...entries('keep a', 'a'),
  ...entries('keep b', 'b'),
  ...entries('keep both', 'o', 'both'),
  ...entries('merge', 'm'),
  ...entries('edit', 'e'),
  ...entries('skip', 's'),
  ...entries('quit', 'q'),
]);

function entries(answer: Answer, ...words: readonly string[]): [string, Answer][] {
  return [answer, ...words].map((word) => [word, answer]);
}

/** Asks until the answer is one that can be followed; the end of the input is to be enough. */
async function ask(
  { choices, pair }: ShownConflict,
  { terminal, print, editorOf, signal }: WalkOptions,
): Promise<Answer> {
  const labels: Readonly<Record<Choice, string>> = {
    'keep a': 'keep (a)',
    'keep b': 'keep (b)',
    'keep both': 'keep b(o)th',
    merge: '(m)erge',
    edit: `(e)dit with ${editorOf(pair).name}`,
  };
  const offered = [...choices.map((choice) => labels[choice]), '(s)kip', '(q)uit'];
  for (;;) {
    const typed = await terminal.ask(`${offered.join(', ')}? `, signal);
    if (typed === undefined) return 'quit';
    const answer = WORDS.get(typed.toLowerCase());
    if (answer === 'skip' || answer === 'quit') return answer;
    if (answer !== undefined && choices.includes(answer)) return answer;
    if (answer !== undefined) print(`"${answer}" is not possible here`);
    else if (typed !== '') print(`"${typed}" is none of these`);
  }
}

function decisionFor(choice: Choice, { pair }: ShownConflict, { editorOf }: WalkOptions): Decision {
  switch (choice) {
    case 'keep a':
      return { type: 'keep', side: 'a' };
    case 'keep b':
      return { type: 'keep', side: 'b' };
    case 'keep both':
      return { type: 'both' };
    case 'merge':
      return { type: 'merge' };
    case 'edit':
      return editorOf(pair).decision;
  }
  return choice satisfies never;
}
