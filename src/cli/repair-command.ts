import { Command } from 'commander';
import type { RepairOutcome } from '../app/repair.ts';
import { onStopSignal } from '../app/signals.ts';
import { type CommandContext, example } from './context.ts';
import { exitCodeOfFailures, FAILED, INTERRUPTED } from './exit-code.ts';
import { countOf, type Output } from './output.ts';

interface RepairFlags {
  readonly yes: boolean;
  readonly unsafeUids: boolean;
  readonly json: boolean;
}

const EXIT_STATUS = `
Exit status: 0 when there is nothing to repair, or everything was repaired;
1 when something still is to be repaired, with or without --yes.`;

export const repairCommand = (context: CommandContext): Command =>
  new Command('repair')
    .description('put items right that lack a UID, share one, or are broken; shows what it would do')
    .argument('<place>', 'STORAGE or STORAGE/COLLECTION')
    .option('--yes', 'do it', false)
    .option(
      '--unsafe-uids',
      'give items new UIDs whose UID or name makes trouble in URLs and file names',
      false,
    )
    .option('--json', 'one JSON document', false)
    .addHelpText('after', EXIT_STATUS)
    .addHelpText('after', example('pimsync repair personal', 'pimsync repair personal/work --yes'))
    .action((place: string, flags: RepairFlags) => repair(context, place, flags));

async function repair(context: CommandContext, place: string, flags: RepairFlags): Promise<void> {
  const { output, base, exitWith } = context;
  const { yes: apply, unsafeUids, json } = flags;
  const interrupt = new AbortController();
  const letGo = onStopSignal(() => interrupt.abort(new Error('interrupted')));
  try {
    const { repairStorage } = await import('../app/repair.ts');
    const outcome = await repairStorage({
      ...base(),
      place,
      apply,
      unsafeUids,
      signal: interrupt.signal,
      onLine({ text, isProblem }) {
        if (isProblem) output.say(`pimsync: ${text}`);
        else if (!json) output.print(text);
      },
      onRead: (where, done, total) => output.progress(`${where}: reading ${done} of ${total}`),
    });
    output.progress(undefined);
    if (json) output.json(outcome.json);
    else summarise(place, outcome, { output, unsafeUids });
    if (outcome.codes.length > 0) exitWith(exitCodeOfFailures(outcome.codes));
    else if (outcome.planned + outcome.left > 0) exitWith(FAILED);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    output.say('pimsync: interrupted; what was repaired stays so, and the next run goes on from here');
    exitWith(INTERRUPTED);
  } finally {
    letGo();
  }
}

function summarise(
  place: string,
  { planned, repaired, left, unsafe, codes }: RepairOutcome,
  { output, unsafeUids }: { readonly output: Output; readonly unsafeUids: boolean },
): void {
  if (unsafe > 0)
    output.say(
      `${countOf(unsafe, 'item')} with a UID or name that makes trouble in URLs or file names; --unsafe-uids gives new ones`,
    );
  if (planned + repaired + left + codes.length === 0) return output.print(`${place}: nothing to repair`);
  const counts = [
    ...(planned > 0
      ? [`${planned} to repair; run again with --yes${unsafeUids ? ' --unsafe-uids' : ''}`]
      : []),
    ...(repaired > 0 ? [`${repaired} repaired`] : []),
    ...(left > 0 ? [`${left} left as they are`] : []),
  ];
  if (counts.length > 0) output.say(`${place}: ${counts.join('; ')}`);
}
