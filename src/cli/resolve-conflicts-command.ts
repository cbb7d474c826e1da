import { Command } from 'commander';
import { type CommandContext, example } from './context.ts';
import { interruptible } from './interruptible.ts';
import { resolveInteractively } from './resolve-interactively.ts';

export const resolveConflictsCommand = (context: CommandContext): Command =>
  new Command('resolve-conflicts')
    .description('go through all items that both sides changed, and decide about each')
    .argument('[pairs...]', 'PAIR or PAIR/COLLECTION (default: all)')
    .addHelpText('after', example('pimsync resolve-conflicts', 'pimsync resolve-conflicts backup/work'))
    .action((selection: string[]) =>
      interruptible(context, (options) => resolveInteractively(context, options, { selection })),
    );
