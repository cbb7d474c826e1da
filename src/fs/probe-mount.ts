import { type Outcome, type RunProgram, runProgram } from './run-program.ts';

/**
 * Whether anybody serves a mount: exit status 0. Asked by a child, since a mount with a hung server would hold the asking thread for
 * good; and for the figures of the file system, since the kernel knows all about the folder by heart, also when its server is dead.
 */
export const probeMount = (mountpoint: string, run: RunProgram = runProgram): Promise<Outcome> =>
  run('stat', ['-f', '--', mountpoint]);
