import { readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Loaded before each test file: a descriptor that a file's tests left open on a temporary file or on FUSE fails that file. */
process.on('exit', () => {
  const leaks = openDescriptors().filter(
    (target) => target.startsWith(`${tmpdir()}/`) || target === '/dev/fuse',
  );
  for (const leak of leaks) process.stderr.write(`LEAKED: descriptor on ${leak}\n`);
  if (leaks.length > 0 && process.env['NODE_TEST_CONTEXT'] !== undefined) process.exitCode = 1;
});

function openDescriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // The one that listed the folder is gone by now.
      return [];
    }
  });
}
