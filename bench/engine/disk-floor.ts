import { closeSync, fsync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventFile, eventText } from '../event.ts';

/** So many wait for the disk together. */
const AT_ONCE = 32;

/**
 * How long the disk takes to keep so many new files for certain: nothing but open, write, fsync and close. curl throws away what it
 * fetches, so that nobody who keeps it can be faster than both together.
 * @returns seconds
 */
export async function storeOnDisk(folder: string, events: number): Promise<number> {
  mkdirSync(folder);
  const startMs = performance.now();
  for (let first = 0; first < events; first += AT_ONCE) {
    const files: number[] = [];
    for (let index = first; index < Math.min(events, first + AT_ONCE); index += 1) {
      const file = openSync(join(folder, eventFile(index)), 'wx');
      writeSync(file, eventText(index));
      files.push(file);
    }
    await Promise.all(files.map((file) => promisify(fsync)(file)));
    for (const file of files) closeSync(file);
  }
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
  const seconds = (performance.now() - startMs) / 1000;
  rmSync(folder, { recursive: true });
  return seconds;
}
