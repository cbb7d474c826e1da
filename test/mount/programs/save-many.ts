import { closeSync, fsyncSync, linkSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { versionedEvent } from '../../support/saver.ts';

/**
 * Saves event after event, round and round the same names, each in the next version, in the ways that programs save; until it is
 * ended, or a call fails. Before each it writes `try NAME VERSION`, and `done NAME VERSION` once the last call has returned.
 */
const [folder = '', names = '', first = ''] = process.argv.slice(2);

/** So slow that each has its quiet time and is being sent while others are saved. */
const PAUSE_MS = 40;
const clock = new Int32Array(new SharedArrayBuffer(4));

/** No item's name, or a half-finished dance would be an item of its own; and a new one each time, as a crash leaves it behind. */
const temporary = (version: number): string => `tmp-${version}`;

/** khal, todoman, khard for what is new; sed, rsync; vim, nano and cp for what is there. */
const WAYS: readonly ((name: string, version: number) => void)[] = [
  function inPlace(name, version) {
    write(name, 'w', versionedEvent(name, version));
  },
  function byRename(name, version) {
    write(temporary(version), 'wx', versionedEvent(name, version));
    renameSync(join(folder, temporary(version)), join(folder, name));
  },
  function awayAndNew(name, version) {
    write(temporary(version), 'wx', versionedEvent(name, version));
    unlinkIfThere(name);
    linkSync(join(folder, temporary(version)), join(folder, name));
    unlinkSync(join(folder, temporary(version)));
  },
];

try {
  for (let version = Number(first); ; version += 1) {
    const name = `e${version % Number(names)}.ics`;
    tell('try', name, version);
    WAYS[version % WAYS.length]?.(name, version);
    tell('done', name, version);
    Atomics.wait(clock, 0, 0, PAUSE_MS);
  }
} catch (error) {
  // Its words without blanks, as they separate the three of a line.
  tell('failed', (error as Error).message.replaceAll(' ', '_'), 0);
}

function write(name: string, flags: string, text: string): void {
  const fd = openSync(join(folder, name), flags);
  try {
    writeSync(fd, text);
    if (text.length % 2 === 0) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function unlinkIfThere(name: string): void {
  try {
    unlinkSync(join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** At once: a line that was written is known, whatever happens next. */
function tell(what: string, name: string, version: number): void {
  writeSync(1, `${what} ${name} ${version}\n`);
}
