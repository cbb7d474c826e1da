import { watch } from 'node:fs';

/** Writes a line for everything that inotify tells of a folder, as `EVENT NAME`, until its input ends. */
const watcher = watch(process.argv[2] ?? '', (event, name) =>
  process.stdout.write(`${event} ${String(name)}\n`),
);
process.stdin.on('end', () => watcher.close()).resume();
process.stdout.write('ready\n');
