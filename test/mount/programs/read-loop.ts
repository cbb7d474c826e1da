import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { versionOf } from '../../support/saver.ts';

/**
 * Looks at the given files of a folder again and again as programs do, until its input ends. Then it tells, as JSON, how often it
 * did, which calls failed, and which texts were not the whole of one version, or an older version than one seen before.
 */
const [folder = '', ...names] = process.argv.slice(2);
const buffer = Buffer.alloc(4096);
const result = { reads: 0, failures: [] as string[], torn: [] as string[], versions: 0 };
const newest = new Map<string, number>();
let ending = false;

process.stdin.on('end', () => (ending = true)).resume();
process.stdout.write('ready\n');
loop();

function loop(): void {
  for (const name of names) look(name);
  // A turn of the event loop, so that the end of the input is heard.
  if (ending) process.stdout.write(JSON.stringify(result));
  else setImmediate(loop);
}

function look(name: string): void {
  const path = join(folder, name);
  try {
    statSync(path);
    const fd = openSync(path, 'r');
    fstatSync(fd);
    // Twice, as readers do that do not trust the size: the second has to find the end.
    const length = readSync(fd, buffer, 0, 100, 0) + readSync(fd, buffer, 100, buffer.length - 100, 100);
    closeSync(fd);
    judge(name, buffer.toString('utf8', 0, length));
  } catch (error) {
    result.failures.push(`${name}: ${(error as Error).message}`);
  }
}

function judge(name: string, text: string): void {
  result.reads += 1;
  const version = versionOf(text);
  const seen = newest.get(name) ?? -1;
  // NaN, for what is no version at all, is not the same as itself either.
  if (!(version >= seen) || !text.endsWith('END:VCALENDAR\r\n')) result.torn.push(text);
  if (version > seen) result.versions += 1;
  newest.set(name, version);
}
