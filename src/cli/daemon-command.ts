import { Command, InvalidArgumentError } from 'commander';
import { runDaemon } from '../app/run-daemon.ts';
import type { CommandContext } from './program.ts';

export const daemonCommand = ({ env, globals }: CommandContext): Command =>
  new Command('daemon')
    .description('keep pairs in step until stopped, without a mount')
    .argument('[pairs...]', 'pairs to keep in step (default: all)')
    .option('-r, --ready-fd <fd>', 'write READY=1 to this descriptor once it runs', parseFd)
    .action((pairs: string[], { readyFd }: { readyFd?: number }) =>
      runDaemon({ ...globals(), env, pairs, readyFd }),
    );

function parseFd(text: string): number {
  const fd = Number(text);
  if (!Number.isInteger(fd) || fd < 0 || fd === 2) {
    throw new InvalidArgumentError('a descriptor is a number, and not 2: that one is for messages.');
  }
  return fd;
}
