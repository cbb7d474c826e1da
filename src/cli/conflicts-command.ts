import { Command, Option } from 'commander';
import type { Conflict, ConflictOptions, Decision, ShownConflict } from '../app/conflicts.ts';
import { onStopSignal } from '../app/signals.ts';
import { UsageError } from '../core/errors.ts';
import type { Difference } from '../core/text-differences.ts';
import { type CommandContext, example } from './context.ts';
import { exitCodeOfFailures, INTERRUPTED } from './exit-code.ts';

interface ResolveFlags {
  readonly keep?: 'a' | 'b';
  readonly merge: boolean;
  readonly edit: boolean;
  readonly cmd?: string;
}

export const conflictsCommand = (context: CommandContext): Command =>
  new Command('conflicts')
    .description('items that both sides changed, and that wait for you')
    .addCommand(listCommand(context), { isDefault: true })
    .addCommand(showCommand(context))
    .addCommand(resolveCommand(context))
    .addHelpText(
      'after',
      example('pimsync conflicts', 'pimsync conflicts show UID', 'pimsync conflicts resolve UID --keep a'),
    );

const listCommand = ({ output, base }: CommandContext): Command =>
  new Command('list')
    .description('all of them, one a line (the default)')
    .option('--json', 'one JSON document', false)
    .action(async ({ json }: { json: boolean }) => {
      const { listConflicts } = await import('../app/conflicts.ts');
      const conflicts = await listConflicts(base());
      if (json) output.json(conflicts);
      else for (const conflict of conflicts) output.print(line(conflict));
    });

const showCommand = (context: CommandContext): Command =>
  new Command('show')
    .description('what is different on both sides, property by property')
    .argument('<item>', 'PAIR/COLLECTION/UID as listed, or a UID')
    .option('--json', 'one JSON document with the whole texts', false)
    .action((item: string, { json }: { json: boolean }) =>
      interruptible(context, async (options) => {
        const { showConflict } = await import('../app/conflicts.ts');
        const shown = await showConflict(options, item);
        if (json) context.output.json(shown);
        else for (const text of detailLines(shown)) context.output.print(text);
      }),
    );

const resolveCommand = (context: CommandContext): Command =>
  new Command('resolve')
    .description('decide about one of them')
    .argument('<item>', 'PAIR/COLLECTION/UID as listed, or a UID')
    .addOption(new Option('--keep <side>', "both sides get this side's text").choices(['a', 'b']))
    .option('--merge', 'join both changes, if they are of different things', false)
    .option('--edit', 'make both texts the same in $VISUAL or $EDITOR', false)
    .option('--cmd <program>', 'likewise in another program, which is given two files')
    .addHelpText(
      'after',
      example('pimsync conflicts resolve UID --keep b', "pimsync conflicts resolve UID --cmd 'vim -d'"),
    )
    .action((item: string, flags: ResolveFlags) =>
      interruptible(context, async (options) => {
        const { resolveConflict } = await import('../app/conflicts.ts');
        const decision = decisionOf(flags, options.env);
        const outcome = await resolveConflict(options, item, decision);
        for (const text of outcome.lines) context.output.print(text);
        for (const problem of outcome.problems) context.output.say(`pimsync: ${problem}`);
        if (outcome.failed) context.exitWith(exitCodeOfFailures(outcome.codes));
      }),
    );

function decisionOf({ keep, merge, edit, cmd }: ResolveFlags, env: NodeJS.ProcessEnv): Decision {
  const wishes: Decision[] = [
    ...(keep === undefined ? [] : [{ type: 'keep', side: keep } as const]),
    ...(merge ? [{ type: 'merge' } as const] : []),
    ...(edit ? [{ type: 'command', command: env['VISUAL'] ?? env['EDITOR'] ?? 'vi' } as const] : []),
    ...(cmd === undefined ? [] : [{ type: 'command', command: cmd } as const]),
  ];
  const [only, ...more] = wishes;
  if (!only || more.length > 0)
    throw new UsageError('give one of --keep a, --keep b, --merge, --edit and --cmd');
  return only;
}

async function interruptible(
  { output, base, exitWith }: CommandContext,
  work: (options: ConflictOptions) => Promise<void>,
): Promise<void> {
  const interrupt = new AbortController();
  const letGo = onStopSignal(() => interrupt.abort(new Error('interrupted')));
  try {
    await work({ ...base(), signal: interrupt.signal });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    output.say('pimsync: interrupted');
    exitWith(INTERRUPTED);
  } finally {
    letGo();
  }
}

const line = ({ item, title, reason }: Conflict): string =>
  `${item}: ${title === undefined ? '' : `"${title}": `}${reason}`;

function detailLines(shown: ShownConflict): string[] {
  const { item, title, a, b, differences } = shown;
  return [
    `${item}${title === undefined ? '' : `: "${title}"`}`,
    `  a: ${a.storage} ${a.href}`,
    `  b: ${b.storage} ${b.href}`,
    ...(differences.length === 0 ? ['both say the same'] : differences.flatMap(differenceLines)),
  ];
}

const differenceLines = ({ what, base, a, b }: Difference): string[] => [
  what,
  ...(base === undefined ? [] : [`  before: ${base}`]),
  `  a: ${a ?? '(not there)'}`,
  `  b: ${b ?? '(not there)'}`,
];
