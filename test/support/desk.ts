import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestServer } from '../servers/server.ts';
import { davTable, Place } from './place.ts';
import { crash, type Ends, eventually, type Finished, MAIN, type RunOptions } from './program.ts';

/** What a storage is: a folder of ours, at which nobody looks unasked, or a table of the configuration. */
export type StorageWish = 'vdir/icalendar' | 'vdir/vcard' | { readonly table: (name: string) => string };

export interface DeskOptions {
  readonly storages: Readonly<Record<string, StorageWish>>;
  /** `NAME: A B` for a pair of all collections, or whole tables. */
  readonly pairs?: readonly string[];
}

/** An account on a real server, reached directly or through `url`. */
export const account = (
  type: 'caldav' | 'carddav',
  server: TestServer,
  url: URL = server.url,
): StorageWish => ({
  table: (name) => davTable(name, type, { server, url }),
});

/** A configuration with folders and pairs, a state folder, and the program to run on them; nothing is mounted. */
export class Desk {
  readonly place: Place;
  readonly #ends: Ends;

  private constructor(place: Place, ends: Ends) {
    this.place = place;
    this.#ends = ends;
  }

  static async make(ends: Ends, options: DeskOptions): Promise<Desk> {
    const desk = new Desk(await Place.make(ends, { storages: [], mounted: [] }), ends);
    await desk.configure(options);
    return desk;
  }

  async configure({ storages, pairs = [] }: DeskOptions): Promise<void> {
    const tables: string[] = [];
    for (const [name, wish] of Object.entries(storages)) {
      if (typeof wish !== 'string') tables.push(wish.table(name));
      else {
        await mkdir(this.at(name), { recursive: true });
        const path = JSON.stringify(this.at(name));
        tables.push(`[storage.${name}]\ntype = "${wish}"\npath = ${path}\ninterval = "1h"\nwatch = false`);
      }
    }
    await this.place.configure({ storages: tables, mounted: [], more: pairs.map(pairTable) });
  }

  /** `pimsync -c CONFIG …` */
  pimsync(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.place.pimsync(args, options);
  }

  sync(...args: readonly string[]): Promise<Finished> {
    return this.pimsync(['sync', ...args]);
  }

  /** Synchronises; everything has to go well. @returns what it printed */
  async syncs(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.sync(...args);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    return stdout;
  }

  /** What a command prints with `--json`, which has to be one document and all that is on stdout. */
  async json(...args: readonly string[]): Promise<unknown> {
    const { stdout } = await this.pimsync([...args, '--json']);
    return JSON.parse(stdout);
  }

  /** Starts the program without waiting for its end; it is ended with the test. */
  start(args: readonly string[], options: RunOptions = {}): Running {
    const child = spawn(process.execPath, [MAIN, '-c', this.place.config, ...args], {
      cwd: options.cwd ?? '/',
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const running = new Running(child);
    this.#ends.add(() => running.close());
    return running;
  }

  at(...names: readonly string[]): string {
    return join(this.place.folder, ...names);
  }

  /** @param path `storage/collection/file` */
  async put(path: string, text: string | Uint8Array): Promise<void> {
    await mkdir(dirname(this.at(path)), { recursive: true });
    await writeFile(this.at(path), text);
  }

  read(path: string): Promise<string> {
    return readFile(this.at(path), 'utf8');
  }

  remove(path: string): Promise<void> {
    return rm(this.at(path), { recursive: true });
  }

  move(from: string, to: string): Promise<void> {
    return rename(this.at(from), this.at(to));
  }

  /** All files below a folder, as `collection/file`, in order. */
  async files(folder: string): Promise<string[]> {
    const entries = await readdir(this.at(folder), { recursive: true, withFileTypes: true });
    const base = this.at(folder).length + 1;
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(base))
      .toSorted();
  }

  /** Text of each file below a folder. */
  async contents(folder: string): Promise<ReadonlyMap<string, string>> {
    const names = await this.files(folder);
    const texts = await Promise.all(names.map((name) => this.read(join(folder, name))));
    return new Map(names.map((name, at) => [name, texts[at] ?? '']));
  }
}

/** A `pimsync` that goes on. Descriptor 3 is a pipe to the test. */
export class Running {
  readonly #child: ChildProcess;
  stdout = '';
  stderr = '';
  /** What came over descriptor 3. */
  ready = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    child.stdio[3]?.on('data', (chunk: Buffer) => (this.ready += chunk.toString()));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** @returns the exit status, or the signal that ended it */
  async ended(): Promise<number | string | null> {
    await eventually('pimsync to end', async () => this.hasEnded);
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async close(): Promise<void> {
    if (!this.hasEnded) await crash(this.pid);
  }
}

/** `ab: a b` for a pair of all collections; a whole table stays what it is. */
function pairTable(wish: string): string {
  const [, name, a, b] = /^(\S+): (\S+) (\S+)$/.exec(wish) ?? [];
  if (name === undefined) return wish;
  return `[pair.${name}]\na = "${a}"\nb = "${b}"\ncollections = "all"`;
}
