import type { CommandBase } from '../app/command-base.ts';
import { onStopSignal } from '../app/signals.ts';
import type { CommandContext } from './context.ts';
import { INTERRUPTED } from './exit-code.ts';

/** Runs a command that the first Ctrl-C cuts short. */
export async function interruptible(
  { output, base, exitWith }: CommandContext,
  work: (options: CommandBase & { readonly signal: AbortSignal }) => Promise<void>,
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
