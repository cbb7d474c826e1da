#!/usr/bin/env node
import { ENGINE_ARGUMENT } from './app/ipc.ts';

/**
 * The one top-level catch and the only place that sets the exit status. The engine child of a mount is this program too, under an
 * argument that people do not use; each imports only its own half, so that no engine loads fuse-native.
 */
async function main(): Promise<number> {
  if (process.argv[2] === ENGINE_ARGUMENT) {
    const { runEngineProcess } = await import('./app/engine-process.ts');
    await runEngineProcess();
    return 0;
  }
  const { runCommandLine } = await import('./cli/program.ts');
  return runCommandLine(process.argv.slice(2));
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`pimsync: this is a bug, please report it: ${(error as Error).stack ?? String(error)}\n`);
  process.exitCode = 1;
}
