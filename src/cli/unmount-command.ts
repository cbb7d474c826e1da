import { Command, InvalidArgumentError } from 'commander';
import { type CommandContext, example } from './context.ts';

const DEFAULT_WAIT_SECONDS = 10;
/** Timers of Node end at 2^31 ms. */
const MAX_WAIT_SECONDS = 2_000_000;

export const unmountCommand = ({ output, base }: CommandContext): Command =>
  new Command('unmount')
    .description('send what is pending, then unmount; also clears a dead mount')
    .argument('<dir>', 'where it is mounted')
    .option('--wait <seconds>', 'how long sending may take', parseSeconds, DEFAULT_WAIT_SECONDS)
    .addHelpText('after', example('pimsync unmount ~/calendars'))
    .action(async (directory: string, { wait }: { wait: number }) => {
      const { runUnmount } = await import('../app/run-unmount.ts');
      const { pending } = await runUnmount({ ...base(), directory, waitMs: wait * 1000 });
      if (pending > 0) {
        const { unsentWords } = await import('../app/unsent-words.ts');
        output.say(`pimsync: ${unsentWords(pending)}`);
      }
    });

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds > MAX_WAIT_SECONDS)
    throw new InvalidArgumentError('write a number of seconds.');
  return seconds;
}
