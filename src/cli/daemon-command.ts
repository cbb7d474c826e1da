import { Command, InvalidArgumentError } from 'commander';
import { type CommandContext, example } from './context.ts';

export const daemonCommand = ({ base }: CommandContext): Command =>
  new Command('daemon')
    .description('keep pairs in step until stopped, without a mount')
    .argument('[pairs...]', 'pairs to keep in step (default: all)')
    .option('-r, --ready-fd <fd>', 'write READY=1 to this descriptor once it runs', parseFd)
    .addHelpText(
      'after',
      `
SIGUSR1 synchronises now, SIGHUP reads the configuration anew, SIGTERM and SIGINT end it.
${example('pimsync daemon work', 'pimsync daemon -r 3 3>/run/ready')}`,
    )
    .action(async (pairs: string[], { readyFd }: { readyFd?: number }) => {
      const { runDaemon } = await import('../app/run-daemon.ts');
      await runDaemon({ ...base(), pairs, readyFd });
    });

function parseFd(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 2)
    throw new InvalidArgumentError('a descriptor is a number, and not 2: that one is for messages.');
  return Number(text);
}
