import { Command, Option } from 'commander';
import type { ConflictOptions, Decision } from '../app/conflicts.ts';
import { UsageError } from '../core/errors.ts';
import { detailLines, listLine } from './conflict-lines.ts';
import { type CommandContext, example } from './context.ts';
import { exitCodeOfFailures } from './exit-code.ts';
import { interruptible } from './interruptible.ts';
import { editorIn, resolveInteractively } from './resolve-interactively.ts';

interface ResolveFlags {
  readonly keep?: 'a' | 'b' | 'both';
  readonly merge: boolean;
  readonly edit: boolean;
  readonly cmd?: string;
  readonly json: boolean;
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
      else for (const conflict of conflicts) output.print(listLine(conflict));
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
    .description('decide about one of them; without any of the options you are asked')
    .argument('[item]', 'PAIR/COLLECTION/UID as listed, or a UID (default: all, one after another)')
    .addOption(
      new Option(
        '--keep <side>',
        "both sides get this side's text; or both texts live on, side b's as an item of its own",
      ).choices(['a', 'b', 'both']),
    )
    .option('--merge', 'join both changes, if they are of different things', false)
    .option('--edit', 'make both texts the same in $VISUAL or $EDITOR', false)
    .option('--cmd <program>', 'likewise in another program, which is given two files')
    .option('--json', 'what was done as one JSON document', false)
    .addHelpText(
      'after',
      example(
        'pimsync conflicts resolve',
        'pimsync conflicts resolve UID --keep b',
        "pimsync conflicts resolve UID --cmd 'vim -d'",
      ),
    )
    .action((item: string | undefined, flags: ResolveFlags) =>
      interruptible(context, async (options) => {
        const decision = decisionOf(flags, options.env);
        if (decision) await resolveOne(context, options, { item, decision, json: flags.json });
        else await askAbout(context, options, { item, json: flags.json });
      }),
    );

async function resolveOne(
  { output, exitWith }: CommandContext,
  options: ConflictOptions,
  {
    item,
    decision,
    json,
  }: { readonly item: string | undefined; readonly decision: Decision; readonly json: boolean },
): Promise<void> {
  if (item === undefined)
    throw new UsageError('name the item that is decided about; "pimsync conflicts" lists them');
  const { resolveConflict } = await import('../app/conflicts.ts');
  const outcome = await resolveConflict(options, item, decision);
  if (json) output.json(outcome.json);
  else for (const text of outcome.lines) output.print(text);
  for (const problem of outcome.problems) output.say(`pimsync: ${problem}`);
  if (outcome.failed) exitWith(exitCodeOfFailures(outcome.codes));
}

async function askAbout(
  context: CommandContext,
  options: ConflictOptions,
  { item, json }: { readonly item: string | undefined; readonly json: boolean },
): Promise<void> {
  if (json) throw new UsageError(`--json needs a decision: ${DECISIONS}`);
  await resolveInteractively(context, options, item === undefined ? { selection: [] } : { item });
}

/** What stands for a person's answer in scripts. */
const DECISIONS = 'give one of --keep a, --keep b, --keep both, --merge, --edit and --cmd';

function decisionOf({ keep, merge, edit, cmd }: ResolveFlags, env: NodeJS.ProcessEnv): Decision | undefined {
  const wishes: Decision[] = [
    ...(keep === 'both' ? [{ type: 'both' } as const] : []),
    ...(keep === 'a' || keep === 'b' ? [{ type: 'keep', side: keep } as const] : []),
    ...(merge ? [{ type: 'merge' } as const] : []),
    ...(edit ? [{ type: 'command', command: editorIn(env) } as const] : []),
    ...(cmd === undefined ? [] : [{ type: 'command', command: cmd } as const]),
  ];
  const [only, ...more] = wishes;
  if (more.length > 0) throw new UsageError(DECISIONS);
  return only;
}
