import type Fuse from 'fuse-native';
import { loadFuse } from '../../src/fs/binding.ts';
import { eventFile } from '../event.ts';

/**
 * Serves empty-handed: every answer is a constant, so no file system over this binding can be quicker. Says by an empty line that it is
 * mounted, and ends when stdin does; by then it has to be unmounted.
 */
const [mountpoint = '', count = ''] = process.argv.slice(2);
const ENOENT = -2;
const ROOT: Fuse.Stat = stat(0o040_755, 1);

const names = Array.from({ length: Number(count) }, (_, number) => eventFile(number));
const stats = new Map([
  ['/', ROOT],
  ...names.map((name, at) => [`/${name}`, stat(0o100_644, at + 2)] as const),
]);

const Binding = await loadFuse();
const fuse = new Binding(
  mountpoint,
  {
    readdir: (_path, reply) => reply(0, names, []),
    getattr(path, reply) {
      const found = stats.get(path);
      if (found) reply(0, found);
      else reply(ENOENT);
    },
  },
  { timeout: false },
);
fuse._fuseOptions = (): string => '-ouse_ino,attr_timeout=3600,entry_timeout=3600,fsname=bare';
fuse.open((error) => {
  if (error) throw error;
  process.stdout.write('\n');
});
process.stdin.resume().on('end', () => {
  process.stdout.write('null');
  process.exitCode = 0;
  fuse.close(() => process.exit());
});

function stat(mode: number, ino: number): Fuse.Stat {
  const common = { uid: 0, gid: 0, nlink: 1, blksize: 4096, blocks: 1, atime: 0, mtime: 0, ctime: 0 };
  return { ...common, mode, ino, size: 200 };
}
