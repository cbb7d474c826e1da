import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Debounce } from '../lib/debounce.ts';
import type { Logger } from '../lib/logger.ts';
import type { Timer } from '../lib/timer.ts';
import { errnoCode } from './disk-error.ts';
import { remedyOf, type WatchFolder } from './inotify.ts';
import { isCollectionName } from './names.ts';
import type { OwnHand } from './own-hand.ts';

export interface WatchOptions {
  readonly root: string;
  /** Whether a file of that name in a collection means anything. */
  readonly isRelevant: (name: string) => boolean;
  readonly own: OwnHand;
  readonly log: Logger;
  readonly timer: Timer;
  readonly watchFolder: WatchFolder;
  /** Somebody else changed something. */
  readonly onChange: () => void;
}

/** Programs save in several steps; one look afterwards is enough. */
const QUIET_MS = 300;
const MOST_MS = 2_000;
/** What no event tells: a disk that was mounted over the folder, watches that were refused and may be granted now. */
const REARM_MS = 60_000;

interface Watched {
  /** Of the folder behind the path, as another one may be put in its place. */
  readonly identity: string;
  readonly close: () => void;
}

interface Batch {
  /** Items and metadata files that events named. */
  readonly touched: Set<string>;
  /** Folders of which events told: their watch may be that of a folder which is gone, even where the new one has its number. */
  readonly suspects: Set<string>;
  /** Something changed, whatever it was. */
  certain: boolean;
}

const emptyBatch = (): Batch => ({ touched: new Set(), suspects: new Set(), certain: false });

/**
 * Watches a vdir by inotify: the root for collections that come and go, each collection for its items. What gets lost on the way (an
 * overflowing queue, a network file system) is found by the next look on the interval.
 */
export class VdirWatch {
  /** Whoever looks after this misses nothing that happens later. Also settles when there can be no watch. */
  readonly armed: Promise<void>;
  readonly #options: WatchOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #debounce: Debounce;
  #batch = emptyBatch();
  #work: Promise<void>;
  #cancelTick: (() => void) | undefined;
  #trouble: string | undefined;
  #ended = false;

  constructor(options: WatchOptions) {
    const { timer } = options;
    this.#options = options;
    this.#debounce = new Debounce({
      quietMs: QUIET_MS,
      mostMs: MOST_MS,
      timer,
      run: () => this.#schedule(() => this.#settle()),
    });
    this.armed = this.#arm();
    this.#work = this.armed;
  }

  end(): void {
    this.#ended = true;
    this.#debounce.cancel();
    this.#cancelTick?.();
    this.#closeAll();
  }

  async #arm(): Promise<void> {
    await this.#reconcile(emptyBatch());
    this.#planTick();
  }

  /** One piece of work after another, so that none meets folders that are half looked at. */
  #schedule(work: () => Promise<void>): void {
    this.#work = this.#work.then(() => (this.#ended ? undefined : work()));
  }

  #planTick(): void {
    if (this.#ended) return;
    this.#cancelTick?.();
    this.#cancelTick = this.#options.timer(REARM_MS, () => this.#schedule(() => this.#tick()));
  }

  async #tick(): Promise<void> {
    const batch = emptyBatch();
    await this.#reconcile(batch);
    this.#planTick();
    await this.#tell(batch);
  }

  async #settle(): Promise<void> {
    const batch = this.#batch;
    this.#batch = emptyBatch();
    if (batch.suspects.size > 0) await this.#reconcile(batch);
    await this.#tell(batch);
  }

  async #tell({ touched, certain }: Batch): Promise<void> {
    const { own, onChange } = this.#options;
    // Asked in any case: marks of files that were looked at are used up.
    const isForeign = await own.isAnyForeign(touched);
    if ((certain || isForeign) && !this.#ended) onChange();
  }

  /** Watches what is there now and lets go what is gone; what others have done meanwhile goes into the batch. Never rejects. */
  async #reconcile(batch: Batch): Promise<void> {
    const troubles: unknown[] = [];
    try {
      const { root } = this.#options;
      // The root first, so that no collection can come between reading it and watching it.
      await this.#keep(root, await identityOf(root), batch);
      const found = await foldersIn(root);
      this.#letGo(found, batch);
      for (const [path, identity] of found) {
        try {
          await this.#keep(path, identity, batch);
        } catch (error) {
          // Gone since it was listed, which an event of the root tells.
          if (errnoCode(error) !== 'ENOENT') troubles.push(error);
        }
      }
    } catch (error) {
      this.#closeAll();
      troubles.push(error);
    }
    if (!this.#ended) this.#tellTrouble(troubles[0]);
  }

  #letGo(found: ReadonlyMap<string, string>, batch: Batch): void {
    const { root, own } = this.#options;
    for (const path of this.#watched.keys()) {
      if (path === root || found.has(path)) continue;
      this.#close(path);
      if (!own.tookAway(path)) batch.certain = true;
    }
  }

  /** Has that folder watched, whatever stood under its name before. @throws what the system says to another watch */
  async #keep(path: string, identity: string, batch: Batch): Promise<void> {
    const { own, watchFolder } = this.#options;
    const isSuspect = batch.suspects.has(path);
    if (this.#watched.get(path)?.identity === identity && !isSuspect) return;
    this.#close(path);
    if (this.#ended) return;
    const close = watchFolder(
      path,
      (name) => this.#happened(path, name),
      (error) => this.#lost(path, error),
    );
    this.#watched.set(path, { identity, close });
    if (!own.hasMade(path)) batch.certain = true;
    // Somebody may have put something into the folder that we have made, or taken something out, before it was watched.
    else for (const file of await this.#filesOf(path)) batch.touched.add(file);
  }

  async #filesOf(folder: string): Promise<string[]> {
    const { own, isRelevant } = this.#options;
    const names = (await readdir(folder)).filter((name) => isRelevant(name));
    return [...names.map((name) => join(folder, name)), ...own.below(folder)];
  }

  #happened(folder: string, name: string | undefined): void {
    const { root, isRelevant } = this.#options;
    const isRoot = folder === root;
    const { suspects, touched } = this.#batch;
    if (name === undefined) {
      this.#batch.certain = true;
      suspects.add(folder);
    } else if (isRoot && isCollectionName(name)) suspects.add(join(root, name));
    else if (!isRoot && isRelevant(name)) touched.add(join(folder, name));
    else if (name !== basename(folder)) return;
    // What happens to a folder itself is told under its own name.
    if (name === basename(folder)) suspects.add(folder);
    this.#debounce.poke();
  }

  #lost(path: string, error: Error): void {
    this.#close(path);
    this.#tellTrouble(error);
  }

  #tellTrouble(error: unknown): void {
    const { root, log } = this.#options;
    const code = error === undefined ? undefined : (errnoCode(error) ?? (error as Error).message);
    if (code === this.#trouble) return;
    this.#trouble = code;
    if (code === undefined) log.info({ path: root }, 'changes are noticed at once again');
    else
      log.warn(
        { reason: (error as Error).message },
        `changes in ${root} are found on the interval only; ${remedyOf(code)}`,
      );
  }

  #close(path: string): void {
    this.#watched.get(path)?.close();
    this.#watched.delete(path);
  }

  #closeAll(): void {
    for (const path of this.#watched.keys()) this.#close(path);
  }
}

/** Each collection's folder, with what tells it from another one of that name. */
async function foldersIn(root: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (!isCollectionName(entry.name) || !(entry.isDirectory() || entry.isSymbolicLink())) continue;
    const path = join(root, entry.name);
    try {
      found.set(path, await identityOf(path));
    } catch (error) {
      // A link to nothing, or gone since the root was read; a look tells of the former.
      if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoCode(error) ?? '')) throw error;
    }
  }
  return found;
}

const identityOf = async (path: string): Promise<string> => {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
};
