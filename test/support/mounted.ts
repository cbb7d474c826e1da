import { type ChildProcess, execFile, fork } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Database, openDatabase } from '../../src/cache/database.ts';
import { createItemStore } from '../../src/cache/item-store.ts';
import type { Publisher } from '../../src/cache/publisher.ts';
import { SqliteFileTree } from '../../src/cache/sqlite-file-tree.ts';
import type { ItemKind } from '../../src/core/item.ts';
import { type Collection, collectionId, type Storage } from '../../src/core/storage.ts';
import type { TreeEvent } from '../../src/fs/file-system.ts';
import { MountPublisher } from '../../src/fs/mount-publisher.ts';
import { View } from '../../src/fs/view.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import type { MountReport, MountRequest, MountSettings } from './mount-process.ts';

const run = promisify(execFile);
const PROGRAM = new URL('mount-process.ts', import.meta.url);
/** Far above what anything here takes; below it, a hung mount would hang the whole run. */
const TIME_LIMIT_MS = 20_000;

/**
 * A tree in a database of its own, with storage `dav` and collections `cal`, `friends`, and what a test adds, mounted by another
 * process. This process is the user, and where a test wants it the engine; it uses asynchronous calls and children only, for a
 * synchronous one on a mount that hangs could not be timed out.
 */
export class Mounted {
  readonly folder: string;
  readonly mountpoint: string;
  readonly db: Database;
  readonly events: TreeEvent[] = [];
  /** What the serving process wrote to its stderr: warnings and errors. */
  stderr = '';
  readonly #settings: MountSettings;
  readonly #reports: MountReport[] = [];
  #child: ChildProcess | undefined;
  #wake: () => void = () => {};

  private constructor(folder: string, settings: MountSettings) {
    this.folder = folder;
    this.#settings = settings;
    this.mountpoint = settings.mountpoint;
    this.db = openDatabase(settings.database);
  }

  /** Not mounted yet. */
  static async prepare(options: Partial<MountSettings> = {}): Promise<Mounted> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pimsync-mount-'));
    const mounted = new Mounted(folder, {
      mountpoint: path.join(folder, 'mnt'),
      database: path.join(folder, 'state', 'state.db'),
      storages: ['dav'],
      layout: 'nested',
      readOnly: false,
      ...options,
    });
    await mkdir(mounted.mountpoint, { recursive: true });
    return mounted;
  }

  /** Mounted, with the collection `cal`. */
  static async start(options: Partial<MountSettings> = {}): Promise<Mounted> {
    const mounted = await Mounted.prepare(options);
    await mounted.collection('cal');
    await mounted.mount();
    return mounted;
  }

  async mount(): Promise<void> {
    this.#child = fork(PROGRAM, [JSON.stringify(this.#settings)], {
      cwd: '/',
      execArgv: ['--import', import.meta.resolve('tsx')],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#child.on('message', (report: MountReport) => {
      this.#reports.push(report);
      if (report.type === 'event') this.events.push(report.event);
      this.#wake();
    });
    const report = await this.report(['mounted', 'failed']);
    if (report.type === 'failed') throw new Error(`${report.error}: ${report.message}`);
  }

  /** The next report of one of these types that was not taken yet. */
  async report(types: readonly MountReport['type'][]): Promise<MountReport> {
    const deadline = Date.now() + TIME_LIMIT_MS;
    for (;;) {
      const at = this.#reports.findIndex(({ type }) => types.includes(type));
      const [report] = at === -1 ? [] : this.#reports.splice(at, 1);
      if (report) return report;
      await this.#somethingNew(deadline - Date.now(), types);
    }
  }

  #somethingNew(withinMs: number, types: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no ${types.join(' or ')} from the mount's process; stderr: ${this.stderr}`)),
        Math.max(0, withinMs),
      );
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** A path in the collection `cal`. */
  at(name: string): string {
    return path.join(this.mountpoint, 'dav', 'cal', name);
  }

  /** Runs a shell script in the collection `cal`, with a time limit; its stdout. */
  async sh(script: string, options: { readonly in?: string } = {}): Promise<string> {
    const cwd = options.in ?? this.at('');
    const { stdout } = await run('sh', ['-euc', script], {
      cwd,
      timeout: TIME_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    return stdout;
  }

  /** The cache as the engine has it; with `live`, writes go through the mount. */
  store(kind: ItemKind = 'calendar', live = false): Storage {
    return createItemStore({
      db: this.db,
      storage: 'dav',
      kind,
      clock: systemClock,
      delays: () => ({ writeDelayMs: 0, deleteDelayMs: 0 }),
      log: silentLogger,
      ...(live ? { publisher: () => this.publisher() } : {}),
    });
  }

  publisher(answerWithinMs = TIME_LIMIT_MS): Publisher {
    return new MountPublisher({
      answerWithinMs,
      mountpoint: this.mountpoint,
      view: new View(new SqliteFileTree(this.db), this.#settings),
    });
  }

  /** Made when it is not there yet. */
  async collection(id: string, { live = false } = {}): Promise<Collection> {
    const store = this.store('calendar', live);
    const known = (await store.discover()).find((info) => info.id === id);
    const wanted = { id: collectionId(id), kind: 'calendar' as const, properties: {} };
    return store.open(known ?? (await store.createCollection(wanted)));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Undefined: done; else why not. */
  async unmount(unmount: MountRequest['unmount'] = 'plain'): Promise<string | undefined> {
    this.#child?.send({ unmount } satisfies MountRequest);
    const report = await this.report(['unmounted']);
    if (report.type !== 'unmounted' || report.error !== undefined)
      return report.type === 'unmounted' ? report.error : 'no answer';
    await this.exited();
    return undefined;
  }

  async kill(): Promise<void> {
    const gone = this.exited();
    this.#child?.kill('SIGKILL');
    await gone;
  }

  async exited(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the mount's process does not end")), TIME_LIMIT_MS);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** The usual end of a test. */
  async stop(): Promise<void> {
    try {
      const error = await this.unmount();
      if (error !== undefined) throw new Error(error);
    } finally {
      await this.close();
    }
  }

  /** Leaves nothing behind, whatever the test did. Throws when the serving process complained of anything. */
  async close(): Promise<void> {
    const alive = this.#child && this.#child.exitCode === null && this.#child.signalCode === null;
    if (alive) await this.kill();
    await run('umount', ['-l', this.mountpoint]).catch(() => {});
    this.db.close();
    await rm(this.folder, { recursive: true, force: true });
    if (this.stderr !== '') throw new Error(`the mount's process complained: ${this.stderr}`);
  }
}
