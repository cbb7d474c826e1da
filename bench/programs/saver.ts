import { closeSync, constants, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventFile, eventText } from '../event.ts';

/** How programs save: into a temporary file that takes the place of the old one, or into the file itself. */
export type Way = 'atomic' | 'in-place';

/** What a saver prints. */
export interface Saved {
  readonly seconds: number;
}

const [folder = '', way = '', sync = '', first = '', count = ''] = process.argv.slice(2);
const { O_CREAT, O_TRUNC, O_WRONLY } = constants;
const ITEMS = 5;

const start = performance.now();
for (let turn = Number(first); turn < Number(first) + Number(count); turn += 1) save(turn);
process.stdout.write(JSON.stringify({ seconds: (performance.now() - start) / 1000 } satisfies Saved));

function save(turn: number): void {
  const file = join(folder, eventFile(turn % ITEMS));
  const target = way === 'atomic' ? join(folder, `.${turn}.tmp`) : file;
  const descriptor = openSync(target, O_CREAT | O_TRUNC | O_WRONLY);
  writeFileSync(descriptor, eventText(turn % ITEMS, `Save number ${turn}`));
  if (sync === 'fsync') fsyncSync(descriptor);
  closeSync(descriptor);
  if (target !== file) renameSync(target, file);
}
