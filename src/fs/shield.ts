import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';

/** What `spawn` accepts for one descriptor; the part of it that is used here. */
export type Stdio = 'ignore' | 'inherit' | 'pipe' | 'ipc' | number;

/**
 * Calls `start` with a `stdio` for a child process that gets none of our /dev/fuse descriptors. libfuse 2.9 opens them without
 * O_CLOEXEC; a child that holds one keeps a dead server's mount up with nobody to answer, and whoever touches it hangs, deaf even
 * to SIGKILL. In the child the descriptor's number points to /dev/null instead.
 */
export function withoutFuse<T>(stdio: readonly Stdio[], start: (stdio: Stdio[]) => T): T {
  const held = fuseDescriptors();
  if (held.length === 0) return start([...stdio]);
  const nothing = openSync('/dev/null', 'r+');
  try {
    const shielded: Stdio[] = [...stdio];
    for (const fd of held) {
      // Gaps stay as they are: `ignore` above 2 leaves a descriptor alone.
      while (shielded.length <= fd) shielded.push('ignore');
      shielded[fd] = nothing;
    }
    return start(shielded);
  } finally {
    closeSync(nothing);
  }
}

/** The descriptors of /dev/fuse that this process holds. */
export function fuseDescriptors(): number[] {
  return readdirSync('/proc/self/fd')
    .filter((fd) => linkTarget(`/proc/self/fd/${fd}`) === '/dev/fuse')
    .map(Number);
}

/** One of the listed descriptors was that of the listing itself and is gone by now. */
function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
