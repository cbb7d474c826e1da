import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { untilStdinEnds } from './until-stdin-ends.ts';

/** What a person notices of a file system: how long it takes to look at a small file and to read it. */
export interface Latencies {
  readonly statMs: readonly number[];
  readonly readMs: readonly number[];
}

/** So often that every hitch is met, so seldom that the prober itself takes no part of the machine worth the name. */
const EVERY_MS = 2;

const [file = ''] = process.argv.slice(2);
const buffer = Buffer.alloc(65_536);
const statMs: number[] = [];
const readMs: number[] = [];

await untilStdinEnds(() => {
  statMs.push(timed(() => statSync(file)));
  readMs.push(timed(readWhole));
}, EVERY_MS);
process.stdout.write(JSON.stringify({ statMs, readMs } satisfies Latencies));

function timed(step: () => void): number {
  const start = performance.now();
  step();
  return performance.now() - start;
}

function readWhole(): void {
  const descriptor = openSync(file, 'r');
  if (readSync(descriptor, buffer) === 0) throw new Error(`${file} is empty`);
  closeSync(descriptor);
}
