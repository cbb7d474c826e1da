import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { engine } from './engine/engine.ts';
import { type Figure, isMissed, toMarkdown } from './figure.ts';
import { firstSync } from './first-sync.ts';
import { latency } from './latency.ts';
import { listing } from './listing.ts';
import { publish } from './publish.ts';
import { quiet } from './quiet.ts';
import { save } from './save.ts';
import type { Benchmark } from './setting.ts';

/*
 * The figures of the README: `npm run bench [-- NAME..] [--quick] [--json FILE]`. Real server, built program, real kernel; what each
 * is compared with runs in the same run. Status 1 when a result is wrong or a target is missed.
 */

const BENCHMARKS: readonly Benchmark[] = [
  { name: 'first-sync', run: firstSync },
  { name: 'quiet', run: quiet },
  { name: 'listing', run: listing },
  { name: 'latency', run: latency },
  { name: 'publish', run: publish },
  { name: 'save', run: save },
  { name: 'engine', run: engine },
];

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
  });
  const unknown = positionals.filter((wanted) => !BENCHMARKS.some(({ name }) => name === wanted));
  if (unknown.length > 0) {
    say(`no benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const wanted = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const loadAtStart = loadavg();
  const figures: Figure[] = [];
  let wrong = 0;
  for (const benchmark of wanted) {
    try {
      figures.push(...(await run(benchmark, values.quick)));
    } catch (error) {
      wrong += 1;
      say(`${benchmark.name}: WRONG: ${(error as Error).message}`);
    }
  }
  const machine = describeMachine(loadAtStart);
  console.log(`${machine}\n\n${toMarkdown(figures, values.quick)}`);
  if (values.json !== undefined)
    await writeFile(values.json, JSON.stringify({ machine, quick: values.quick, figures }, undefined, 2));
  const missed = figures.filter((figure) => isMissed(figure, values.quick));
  for (const { what } of missed) say(`missed: ${what}`);
  return wrong + missed.length > 0 ? 1 : 0;
}

async function run({ name, run }: Benchmark, quick: boolean): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), `pimsync-bench-${name}-`));
  const cleaners = [() => rm(folder, { recursive: true, force: true })];
  try {
    return await run({
      quick,
      folder,
      say: (line) => say(`${name}: ${line}`),
      atEnd: (clean) => void cleaners.unshift(clean),
    });
  } finally {
    for (const clean of cleaners) await clean();
  }
}

/** On stderr: stdout has the table and nothing else. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function describeMachine(load: readonly number[]): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const loads = [load, loadavg()].map(([lastMinute = 0]) => lastMinute.toFixed(1)).join(' at the start, ');
  return `${cpus().length} × ${model}, Linux ${release()}, Node ${process.version}; load ${loads} at the end`;
}
