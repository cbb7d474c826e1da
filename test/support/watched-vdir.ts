import assert from 'node:assert/strict';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Collection, ItemRef, Storage } from '../../src/core/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { watchFolder } from '../../src/vdir/inotify.ts';
import { createVdirStorage, type VdirOptions } from '../../src/vdir/storage.ts';
import { eventText } from './items.ts';
import { ManualTimer } from './manual-timer.ts';
import { tempDir } from './temp-dir.ts';

/** Longer than a batch of events waits for quiet, shorter than anything else. */
const QUIET_MS = 300;
/** A name that means nothing, so that its events are dropped. */
const PROBE = '.probe';

/** A folder with the collections `work`, in it `old.ics`, and `probes`, and its storage, whose watch is real and whose time is the test's. */
export class WatchedVdir {
  readonly root: string;
  readonly time = new ManualTimer();
  changes = 0;
  readonly #removeFolder: () => Promise<void>;
  #storage: Storage | undefined;
  #told: () => void = () => {};
  #probed: () => void = () => {};

  private constructor(root: string, removeFolder: () => Promise<void>) {
    this.root = root;
    this.#removeFolder = removeFolder;
  }

  static async make(): Promise<WatchedVdir> {
    const { path, close } = await tempDir();
    const vdir = new WatchedVdir(join(path, 'root'), close);
    for (const name of ['work', 'probes']) await mkdir(vdir.at(name), { recursive: true });
    await writeFile(vdir.at('work', 'old.ics'), eventText({ uid: 'old', summary: 'old' }));
    for (const name of ['sentinel', PROBE]) await writeFile(join(path, name), '');
    return vdir;
  }

  at(...names: readonly string[]): string {
    return join(this.root, ...names);
  }

  get storage(): Storage {
    assert.ok(this.#storage);
    return this.#storage;
  }

  /** Returns when the watch is there. */
  async start({ watchFolder: watch = watchFolder, ...options }: Partial<VdirOptions> = {}): Promise<void> {
    this.#storage = createVdirStorage({
      name: 'local',
      kind: 'calendar',
      path: this.root,
      readOnly: false,
      log: silentLogger,
      timer: this.time.timer,
      watchFolder: (folder, onEvent, onError) =>
        watch(
          folder,
          (name) => {
            onEvent(name);
            if (name === PROBE) this.#probed();
          },
          onError,
        ),
      ...options,
    });
    this.#storage.watch?.(() => {
      this.changes += 1;
      this.#told();
    });
    await this.#storage.discover();
  }

  nextCall(): Promise<void> {
    return new Promise((resolve) => {
      this.#told = resolve;
    });
  }

  /** What was just done makes for one call. */
  async isNoticed(): Promise<void> {
    const call = this.nextCall();
    await this.eventsPass();
    await call;
  }

  /** All events of what was done so far have come, and their quiet time has passed: events come in order. */
  async eventsPass(): Promise<void> {
    const [outside, inside] = [join(this.root, '..', PROBE), this.at('probes', PROBE)];
    const probed = new Promise<void>((resolve) => {
      this.#probed = resolve;
    });
    await rename(outside, inside);
    await probed;
    await rename(inside, outside);
    this.time.advance(QUIET_MS);
  }

  /** Makes two events that others cause. Looks are made one after another: when these are noticed, those before are over. */
  async onlySentinelIsNoticed(): Promise<void> {
    const [outside, inside] = [join(this.root, '..', 'sentinel'), this.at('work', 'sentinel.ics')];
    const before = this.changes;
    await this.eventsPass();
    await rename(outside, inside);
    await this.isNoticed();
    assert.equal(this.changes, before + 1);
    await rename(inside, outside);
    await this.isNoticed();
    assert.equal(this.changes, before + 2);
  }

  async collection(id: string): Promise<Collection> {
    const info = (await this.storage.discover()).find((one) => one.id === id);
    assert.ok(info);
    return this.storage.open(info);
  }

  async ref(id: string): Promise<ItemRef> {
    const [ref] = (await (await this.collection(id)).changes(undefined)).changed;
    assert.ok(ref);
    return ref;
  }

  async close(): Promise<void> {
    await this.#storage?.close();
    await this.#removeFolder();
  }
}
