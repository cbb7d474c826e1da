import { type Database, openDatabase } from '../cache/database.ts';
import { recover } from '../cache/recover.ts';
import { SqliteFileTree } from '../cache/sqlite-file-tree.ts';
import type { Config, MountConfig } from '../config/config.ts';
import type { TreeEvent } from '../fs/file-system.ts';
import { mountFileSystem, type MountSession as LiveMount } from '../fs/mount.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { PimsyncError } from '../core/errors.ts';
import { directoryOf } from '../cache/directory-of.ts';
import { EngineSupervisor } from './engine-supervisor.ts';
import type { EngineStart } from './ipc.ts';
import type { Haste } from './signals.ts';
import { statePaths } from './state-paths.ts';

export interface MountRequest {
  readonly config: Config;
  readonly mount: MountConfig;
  /** As `assertMountable` returned it. */
  readonly mountpoint: string;
  readonly readOnly: boolean;
  readonly allowOther: boolean;
  /** For the engine child, which loads the same configuration by itself. */
  readonly start: EngineStart;
  readonly log: Logger;
}

/** Edits that are still to be sent when a mount has ended; undefined when the engine could not be asked. */
export interface MountEnd {
  readonly pending: number | undefined;
}

/** How long an ending mount may take to send what is pending (docs/facts.md, S1). */
const DRAIN_ON_SIGNAL_MS = 10_000;

/** One live mount and its engine; this process is the file server. */
export class MountSession {
  readonly #request: MountRequest;
  readonly #supervisor: EngineSupervisor;
  readonly #finished: Promise<MountEnd>;
  #finish: (end: MountEnd) => void = () => {};
  #db: Database | undefined;
  #live: LiveMount | undefined;
  #beginning: Promise<void> = Promise.resolve();
  /** Settles when no engine is being replaced. */
  #reloading: Promise<unknown> = Promise.resolve();
  #away: Promise<void> | undefined;
  #ending = false;

  constructor(request: MountRequest) {
    const { start, log } = request;
    this.#request = request;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#supervisor = new EngineSupervisor({
      start,
      log,
      onUnmountRequest: (waitMs) => void this.#unmountForClient(waitMs),
      onRestart: () => this.#tellMounted(),
    });
  }

  /**
   * The order matters: the engine first, while there is no /dev/fuse descriptor to inherit; it brings the database up to date and waits
   * with synchronising until the tree is live.
   * @throws PimsyncError when the state is taken or the mount is refused; then nothing is left behind
   */
  async begin(): Promise<void> {
    this.#beginning = this.#mount();
    await this.#beginning;
    this.#tellMounted();
  }

  async #mount(): Promise<void> {
    const { config, mount, mountpoint, readOnly, allowOther, log } = this.#request;
    const paths = statePaths(config.statePath);
    try {
      await this.#supervisor.start();
      this.#db = openDatabase(paths.database);
      recover(this.#db, systemClock.nowMs());
      const { layout, storages } = mount;
      this.#live = await mountFileSystem({
        tree: new SqliteFileTree(this.#db),
        view: { layout, storages },
        mountpoint,
        readOnly,
        allowOther,
        stateFolder: paths.folder,
        log,
        onEvent: (event) => this.#onEvent(event),
        onExternalUnmount: () => void this.#afterUnmount(DRAIN_ON_SIGNAL_MS),
      });
    } catch (error) {
      await this.#supervisor.stop();
      this.#db?.close();
      throw error;
    }
  }

  /** Resolves when the mount is gone and everything is closed. */
  finished(): Promise<MountEnd> {
    return this.#finished;
  }

  syncNow(): void {
    this.#supervisor.send({ type: 'sync-now' });
  }

  /**
   * Has an engine with another configuration go on; the tree stays as it is.
   * @returns why that is not possible, and the old configuration stays
   */
  async reload(start: EngineStart): Promise<PimsyncError | undefined> {
    const reloading = this.#reloading.then(async () => {
      await this.#beginning;
      return this.#ending ? undefined : this.#supervisor.replace(start);
    });
    this.#reloading = reloading.catch(() => {});
    return reloading;
  }

  /** Sends what is pending, unmounts (lazily when somebody is in it) and ends; in haste, sends nothing more. */
  async stop(how: Haste): Promise<void> {
    if (this.#ending) {
      if (how === 'in peace') return;
      this.#supervisor.kill();
      return this.#takeAway();
    }
    this.#ending = true;
    // A mount that is just coming up can be taken away only when it is there.
    const isThere = await this.#beginning.then(
      () => true,
      () => false,
    );
    if (!isThere) return this.#finish({ pending: undefined });
    const pending = await this.#drain(DRAIN_ON_SIGNAL_MS);
    await this.#takeAway();
    await this.#close(pending);
  }

  /** Once, however many signals come. */
  #takeAway(): Promise<void> {
    this.#away ??= this.#unmountAnyhow();
    return this.#away;
  }

  async #unmountAnyhow(): Promise<void> {
    const { log } = this.#request;
    try {
      await this.#live?.unmount();
    } catch (error) {
      const { message: reason } = error as Error;
      log.warn({ reason }, 'unmounting although it is in use; who is in it sees no more changes');
      try {
        await this.#live?.unmount({ lazy: true });
      } catch (failure) {
        log.error({ reason: (failure as Error).message }, 'the mount could not be taken away');
      }
    }
  }

  /** For `pimsync unmount`: a mount in use stays, and the asker is told who uses it. */
  async #unmountForClient(waitMs: number): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const pending = await this.#drain(waitMs);
    try {
      await this.#live?.unmount();
    } catch (error) {
      this.#ending = false;
      return this.#supervisor.send({ type: 'unmounted', pending: 0, error: (error as Error).message });
    }
    this.#supervisor.send({ type: 'unmounted', pending: pending ?? 0, error: undefined });
    await this.#close(pending);
  }

  async #afterUnmount(waitMs: number): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await this.#close(await this.#drain(waitMs));
  }

  async #drain(waitMs: number): Promise<number | undefined> {
    await this.#reloading;
    return this.#supervisor.drain(waitMs);
  }

  async #close(pending: number | undefined): Promise<void> {
    await this.#supervisor.stop();
    this.#db?.close();
    this.#finish({ pending });
  }

  #tellMounted(): void {
    if (this.#live) this.#supervisor.send({ type: 'mounted', mountpoint: this.#live.mountpoint });
  }

  #onEvent(event: TreeEvent): void {
    if (event.type !== 'touched') return this.#supervisor.send({ type: 'edited' });
    const place = this.#db && directoryOf(this.#db, event.collection);
    if (place) this.#supervisor.send({ type: 'touch', ...place });
  }
}
