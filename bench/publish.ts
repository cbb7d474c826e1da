import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventFile } from './event.ts';
import { exactly, type Figure, type Target } from './figure.ts';
import type { Pimsync } from './pimsync.ts';
import { Probe } from './probe.ts';
import type { Watched } from './programs/torn-read-watcher.ts';
import { assertEqual, type Setting } from './setting.ts';
import { mounted, syncNow, vdirsOf, withVdirs } from './setups.ts';
import { versionText } from './versions.ts';

/** All of them change, the readers look at some. */
const ITEMS = 50;
const READ = 5;
const READERS = 2;
const WANTED_A_SECOND = 200;
const names = Array.from({ length: ITEMS }, (_, index) => eventFile(index));

/** Changes on the other side, published through the kernel while two readers look at nothing else. */
export async function publish(setting: Setting): Promise<readonly Figure[]> {
  const { quick, folder, say } = setting;
  const vdir = join(vdirsOf(join(folder, 'pimsync')), 'cal');
  await mkdir(vdir, { recursive: true });
  const pimsync = await withVdirs(join(folder, 'pimsync'));
  const changes = new Changes(pimsync, vdir);
  await changes.write(ITEMS);
  await mounted(pimsync, setting);
  const shown = join(pimsync.mountpoint, 'local', 'cal');
  const probes = Array.from(
    { length: READERS },
    () => new Probe<Watched>('torn-read-watcher', [shown, ...names.slice(0, READ)]),
  );
  for (const probe of probes) await probe.begun();
  say(`publishing ${WANTED_A_SECOND} changes a second, then as many as possible`);
  const seconds = quick ? 1 : 5;
  const paced = await changes.publishFor(seconds, ITEMS, WANTED_A_SECOND);
  const flatOut = await changes.publishFor(seconds, ITEMS, Infinity);
  const few = await changes.publishFor(seconds, READ, Infinity);
  const watched = await Promise.all(probes.map((probe) => probe.end()));
  await changes.publishOnce(ITEMS);
  await changes.assertShown(shown);
  const reads = sum(watched, 'reads').toLocaleString('en');
  return [
    {
      what: `changes published, ${WANTED_A_SECOND} a second wanted`,
      value: paced,
      unit: '/s',
      target: enough(paced),
    },
    { what: `changes published, as many as possible, ${ITEMS} at a time`, value: flatOut, unit: '/s' },
    { what: `the same, ${READ} at a time`, value: few, unit: '/s' },
    zero(`torn reads among ${reads} meanwhile`, sum(watched, 'torn')),
    zero('failed calls of the readers', sum(watched, 'failed')),
  ];
}

const sum = (watched: readonly Watched[], name: 'reads' | 'torn' | 'failed'): number =>
  watched.reduce((total, one) => total + one[name], 0);

const zero = (what: string, value: number): Figure => ({ what, value, unit: '', target: exactly(0, value) });

/** The pace is kept by waiting, so it is never quite reached. */
const enough = (rate: number): Target => ({
  text: `≥ ${WANTED_A_SECOND}/s`,
  holds: rate >= WANTED_A_SECOND * 0.95,
  type: 'speed',
});

/** The other side: a vdir in which many items change at once, again and again. */
class Changes {
  readonly #pimsync: Pimsync;
  readonly #vdir: string;
  #version = 0;

  constructor(pimsync: Pimsync, vdir: string) {
    this.#pimsync = pimsync;
    this.#vdir = vdir;
  }

  /** The next version of the first `count` items. */
  async write(count: number): Promise<void> {
    this.#version += 1;
    for (const [index, name] of names.slice(0, count).entries()) {
      const temporary = join(this.#vdir, `.${name}.tmp`);
      await writeFile(temporary, versionText(index, this.#version));
      await rename(temporary, join(this.#vdir, name));
    }
  }

  async publishOnce(count: number): Promise<void> {
    await this.write(count);
    await syncNow(this.#pimsync);
  }

  /** @returns how many changes a second it came to */
  async publishFor(seconds: number, count: number, atMostASecond: number): Promise<number> {
    const start = performance.now();
    const endMs = start + seconds * 1000;
    let published = 0;
    while (performance.now() < endMs) {
      await this.publishOnce(count);
      published += count;
      const dueMs = start + (published / atMostASecond) * 1000;
      if (dueMs > performance.now()) await pause(dueMs - performance.now());
    }
    return (published / (performance.now() - start)) * 1000;
  }

  async assertShown(folder: string): Promise<void> {
    for (const [index, name] of names.entries())
      assertEqual(name, await readFile(join(folder, name), 'utf8'), versionText(index, this.#version));
  }
}
