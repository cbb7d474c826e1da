import { Command } from 'commander';
import { type CommandContext, example } from './context.ts';
import { printSync } from './sync-run.ts';

export const confirmCommand = (context: CommandContext): Command =>
  heldCommand('confirm', context).description(
    'let deletions go on that were held back because they looked like an accident',
  );

export const discardCommand = (context: CommandContext): Command =>
  heldCommand('discard', context).description(
    'bring back what was deleted on one side, where the deletion was held back from the other',
  );

const heldCommand = (word: 'confirm' | 'discard', context: CommandContext): Command =>
  new Command(word)
    .argument('[collections...]', 'PAIR/COLLECTION or STORAGE/COLLECTION (default: the one that waits)')
    .option('--json', 'one JSON document', false)
    .addHelpText('after', example(`pimsync ${word}`, `pimsync ${word} backup/work`))
    .action((selection: string[], { json }: { readonly json: boolean }) =>
      printSync(context, { json, nothing: 'no deletion is held back' }, async (run) => {
        const { settleHeld } = await import('../app/held.ts');
        return settleHeld(word, { ...context.base(), selection, ...run });
      }),
    );
