import type { Conflict, ConflictOptions } from '../app/conflicts.ts';
import { UsageError } from '../core/errors.ts';
import { listLine } from './conflict-lines.ts';
import type { CommandContext } from './context.ts';
import { FAILED } from './exit-code.ts';
import { countOf } from './output.ts';
import { type Editor, walkConflicts } from './walk-conflicts.ts';

/** What to go through: one item, or all of some pairs and collections (none: of all). */
type Wanted = { readonly item: string } | { readonly selection: readonly string[] };

/** Asks about conflicts one by one. @throws UsageError where there is nobody to ask */
export async function resolveInteractively(
  { output, terminal: openTerminal, exitWith }: CommandContext,
  base: ConflictOptions,
  wanted: Wanted,
): Promise<void> {
  const terminal = openTerminal();
  if (!terminal)
    throw new UsageError(
      'deciding one by one needs a terminal; without one, name the item and give one of --keep a, --keep b, --keep both, --merge and --cmd to "pimsync conflicts resolve"',
    );
  const { chooseConflicts, conflictPrograms, listConflicts, resolveConflict, seenIn, showConflict } =
    await import('../app/conflicts.ts');
  const options = { ...base, say: once(base.say), typed: new Map<string, string>() };
  const chosen = await chooseConflicts(options, wanted);
  if (chosen.length === 0) output.print('nothing is in conflict');
  const programs = await conflictPrograms(options);
  const left = await walkConflicts(chosen, {
    terminal,
    print: (line) => output.print(line),
    list: () => listConflicts(options),
    show: (item) => showConflict(options, item),
    resolve: (item, decision, shown) => resolveConflict(options, item, decision, seenIn(shown)),
    editorOf: (pair) => editorFor(programs.get(pair), options.env),
    signal: options.signal,
  });
  if (left.length === 0) return;
  tellLeft(left, (line) => output.say(`pimsync: ${line}`));
  exitWith(FAILED);
}

/** The program that people have chosen for texts. */
export const editorIn = (env: NodeJS.ProcessEnv): string => env['VISUAL'] ?? env['EDITOR'] ?? 'vi';

function editorFor(program: string | undefined, env: NodeJS.ProcessEnv): Editor {
  if (program !== undefined) return { name: program, decision: { type: 'configured' } };
  const command = editorIn(env);
  return { name: command, decision: { type: 'command', command } };
}

function tellLeft(left: readonly Conflict[], say: (line: string) => void): void {
  say(`${countOf(left.length, 'conflict')} left`);
  for (const conflict of left) say(listLine(conflict));
}

/** The configuration is read for each step, and what is unwise about it need not be said each time. */
function once(say: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (said.has(line)) return;
    said.add(line);
    say(line);
  };
}
