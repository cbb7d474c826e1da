import { readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Loaded before each test file: a descriptor that a file's tests left open on a temporary file or on FUSE fails that file. */
process.on('exit', () => {
  const leaks = openDescriptors().filter(
    (target) => (target.startsWith(`${tmpdir()}/`) && !isOfTsx(target)) || target === '/dev/fuse',
  );
  for (const leak of leaks) process.stderr.write(`LEAKED: descriptor on ${leak}\n`);
  if (leaks.length > 0 && process.env['NODE_TEST_CONTEXT'] !== undefined) process.exitCode = 1;
});

/** The loader tidies up its own cache on the side, and may be at it when a short file ends. */
const isOfTsx = (target: string): boolean => target.startsWith(`${tmpdir()}/tsx-`);

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
