#!/usr/bin/env node
import { DAEMON_ARGUMENT } from './app/daemonize.ts';
import { ENGINE_ARGUMENT } from './app/ipc.ts';

/**
 * The one top-level catch and the only place that sets the exit status. The engine of a mount and the background half of
 * `mount --daemon` are this program too, under arguments that people do not use.
 */
async function main(): Promise<number> {
  const [word] = process.argv.slice(2);
  if (word === ENGINE_ARGUMENT) {
    const { runEngineProcess } = await import('./app/engine-process.ts');
    await runEngineProcess();
    return 0;
  }
  if (word === DAEMON_ARGUMENT) {
    const { runDaemonProcess } = await import('./app/daemon-process.ts');
    return runDaemonProcess();
  }
  const { runCommandLine } = await import('./cli/program.ts');
  return runCommandLine(process.argv.slice(2));
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(
    `pimsync: this is a bug, please report it: ${(error as Error).stack ?? String(error)}\n`,
  );
  process.exitCode = 1;
}
