import { readFile, writeFile } from 'node:fs/promises';
import { Engine } from '../../src/app/engine.ts';
import type { ProgramInput, RunProgram } from '../../src/app/make-one-text.ts';
import { TriedConflicts } from '../../src/app/tried-conflicts.ts';
import type { Side } from '../../src/core/status.ts';
import type { StorageMemo } from '../../src/core/storage.ts';
import { Limiter } from '../../src/lib/limiter.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import type { PairReport } from '../../src/sync/report.ts';
import { eventText } from './items.ts';
import type { MemoryCollection } from './memory-collection.ts';
import { MemoryPairStatus } from './memory-status.ts';
import { type MemoryOptions, MemoryStorage } from './memory-storage.ts';

export const EXPLICIT = { dryRun: false, allowEmpty: false, explicit: true } as const;
export const BY_ITSELF = { ...EXPLICIT, explicit: false };
export const NEVER = new AbortController().signal;

export const event = (uid: string, summary: string): string => eventText({ uid, summary });
const titleIn = (text: string): string => /SUMMARY:(.*)\r/.exec(text)?.[1] ?? '';

/** Has both files say that, by the titles of both. */
export const deciding =
  (say: (a: string, b: string) => string | undefined): RunProgram =>
  async ({ files }) => {
    const [a, b] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    const title = say(titleIn(a ?? ''), titleIn(b ?? ''));
    if (title === undefined) return 'it knows nothing of that';
    for (const file of files) await writeFile(file, (a ?? '').replace(/SUMMARY:.*\r/, `SUMMARY:${title}\r`));
    return undefined;
  };

class Memo implements StorageMemo {
  readonly kept = new Map<string, string>();
  get(key: string): string | undefined {
    return this.kept.get(key);
  }
  set(key: string, value: string | undefined): void {
    if (value === undefined) this.kept.delete(key);
    else this.kept.set(key, value);
  }
}

export interface AskedPair {
  readonly engine: Engine;
  readonly a: MemoryCollection;
  readonly b: MemoryCollection;
  readonly options: Readonly<Record<Side, MemoryOptions>>;
  readonly memo: Memo;
  /** How often the program was run. */
  readonly runs: () => number;
  /** Another program from now on. */
  readonly use: (program: RunProgram) => void;
  /** The same pair in a process that was started later, perhaps with another command. */
  readonly restart: (argv?: readonly string[]) => Engine;
}

/** A pair whose conflicts a program decides about; "tea" and "cake" are in step. */
export async function askedPair(program: RunProgram): Promise<AskedPair> {
  const storages = { a: new MemoryStorage({ name: 'one' }), b: new MemoryStorage({ name: 'two' }) };
  const [a, b] = [storages.a.collection('work'), storages.b.collection('work')];
  const [memo, status] = [new Memo(), new MemoryPairStatus()];
  let runs = 0;
  let now = program;
  const run: RunProgram = (input: ProgramInput) => {
    runs += 1;
    return now(input);
  };
  const restart = (argv: readonly string[] = ['decide']): Engine =>
    new Engine({
      pairs: [
        {
          pair: {
            name: 'p',
            ...storages,
            collections: { type: 'all' },
            onEmpty: 'skip',
            onDelete: 'sync',
            oneWay: false,
            noDelete: { a: false, b: false },
            properties: [],
            conflict: 'command',
            status,
          },
          intervalMs: 1000,
          mounted: undefined,
          command: { run, env: {}, limiter: new Limiter(4), tried: new TriedConflicts(memo, argv) },
        },
      ],
      storages: [storages.a, storages.b],
      clock: { nowMs: () => Date.UTC(2026, 10, 22) },
      log: silentLogger,
    });
  const engine = restart();
  for (const uid of ['tea', 'cake']) a.put(`${uid}.ics`, event(uid, 'before'));
  await engine.sync([], EXPLICIT);
  const options = { a: storages.a.options, b: storages.b.options };
  return { engine, a, b, options, memo, runs: () => runs, use: (next) => (now = next), restart };
}

export function change({ a, b }: AskedPair, uid: string, titles: Readonly<Record<Side, string>>): void {
  a.put(`${uid}.ics`, event(uid, titles.a));
  b.put(`${uid}.ics`, event(uid, titles.b));
}

export const conflictOn = (setting: AskedPair, uid: string): void =>
  change(setting, uid, { a: 'on a', b: 'on b' });

export const titles = (side: MemoryCollection): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(side.texts()).map(([name, text]) => [name.slice(0, -4), titleIn(text)]));

export const reasons = (reports: readonly PairReport[]): string[] =>
  reports.flatMap(({ collections }) =>
    collections.flatMap(({ problems }) => problems.map(({ type, reason }) => `${type}: ${reason}`)),
  );

/** A run that the schedule makes; resolves when the program has come to its end, and all that followed. */
export async function scheduled(engine: Engine): Promise<{ report: PairReport; later: PairReport[] }> {
  const report = await engine.syncOne('p', BY_ITSELF);
  const later: PairReport[] = [];
  engine.decideLater(report, (one) => later.push(one), NEVER);
  await engine.settled();
  return { report, later };
}
