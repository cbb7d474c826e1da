import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isOneVersion } from '../versions.ts';
import { untilStdinEnds } from './until-stdin-ends.ts';

export interface Watched {
  readonly reads: number;
  /** Contents that mix two versions, or end in the middle of one. */
  readonly torn: number;
  /** Calls that did not succeed. */
  readonly failed: number;
  /** What the first failure was. */
  readonly failure: string | undefined;
}

/** Rounds over all files between two looks at stdin. */
const ROUNDS = 20;

const [folder = '', ...names] = process.argv.slice(2);
const buffer = Buffer.alloc(65_536);
const counts = { reads: 0, torn: 0, failed: 0 };
let failure: string | undefined;

await untilStdinEnds(() => {
  for (let round = 0; round < ROUNDS; round += 1) for (const name of names) look(join(folder, name));
}, 0);
process.stdout.write(JSON.stringify({ ...counts, failure } satisfies Watched));

function look(file: string): void {
  counts.reads += 1;
  try {
    statSync(file);
    const descriptor = openSync(file, 'r');
    fstatSync(descriptor);
    const text = buffer.toString('utf8', 0, readSync(descriptor, buffer));
    closeSync(descriptor);
    if (!isOneVersion(text)) counts.torn += 1;
  } catch (error) {
    counts.failed += 1;
    failure ??= (error as Error).message;
  }
}
