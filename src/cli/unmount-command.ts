import { Command, InvalidArgumentError } from 'commander';
import { runUnmount } from '../app/run-unmount.ts';
import type { CommandContext } from './program.ts';

const DEFAULT_WAIT_SECONDS = 10;

export const unmountCommand = ({ output, env, globals }: CommandContext): Command =>
  new Command('unmount')
    .description('send what is pending, then unmount; also clears a dead mount')
    .argument('<dir>', 'where it is mounted')
    .option('--wait <seconds>', 'how long sending may take', parseSeconds, DEFAULT_WAIT_SECONDS)
    .action(async (directory: string, { wait }: { wait: number }) => {
      const { pending } = await runUnmount({ ...globals(), env, directory, waitMs: wait * 1000 });
      if (pending > 0) {
        output.say(
          `pimsync: ${pending} edit${pending === 1 ? ' is' : 's are'} still to be sent; the next mount or sync sends them`,
        );
      }
    });

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds < 0 || text.trim() === '')
    throw new InvalidArgumentError('write a number of seconds.');
  return seconds;
}
