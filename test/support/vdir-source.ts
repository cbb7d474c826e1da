import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from '../../src/app/control.ts';
import { statePaths } from '../../src/app/state-paths.ts';
import { LiveMount, Place, type StartOptions, vdirTable } from './place.ts';
import { type Ends, eventually } from './program.ts';
import { versionedEvent } from './saver.ts';

interface SourceOptions extends StartOptions {
  /** More lines of the storage's table. */
  readonly lines?: readonly string[];
}

/** A folder of vdirs in a server's place, because it can be changed so fast; mounted as `local/work`. */
export class VdirSource {
  readonly place: Place;
  /** Where it was mounted last. */
  live: LiveMount | undefined;
  readonly #folder: string;

  private constructor(place: Place, folder: string) {
    this.place = place;
    this.#folder = folder;
  }

  /** Mounted, with the first version of these events. */
  static async mounted(
    ends: Ends,
    names: readonly string[],
    options: SourceOptions = {},
  ): Promise<VdirSource> {
    const { lines = [], ...start } = options;
    const place = await Place.make(ends, { storages: [], mounted: [] });
    const path = join(place.folder, 'vdirs');
    const table = vdirTable('local', path, ['interval = "1h"', 'watch = false', ...lines]);
    await place.configure({ storages: [table], mounted: ['local'] });
    const source = new VdirSource(place, join(path, 'work'));
    await mkdir(join(path, 'work'), { recursive: true });
    for (const name of names) await source.put(name, 0);
    source.live = await LiveMount.start(ends, place, start);
    await source.sync();
    return source;
  }

  async put(name: string, version: number): Promise<void> {
    const temporary = join(this.#folder, `.${name}.tmp`);
    await writeFile(temporary, versionedEvent(name, version));
    await rename(temporary, join(this.#folder, name));
  }

  remove(name: string): Promise<void> {
    return rm(join(this.#folder, name));
  }

  /** Has the engine look now. */
  async sync(): Promise<void> {
    const request = { op: 'sync', selection: [], allowEmpty: false, dryRun: false } as const;
    const { socket } = statePaths(this.place.stateFolder);
    await eventually('the engine', async () => (await ask(socket, request)) !== undefined);
  }

  /** Where it is shown. */
  get shown(): string {
    return this.place.at('local', 'work');
  }
}
