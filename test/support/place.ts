import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestServer } from '../servers/server.ts';
import {
  childrenOf,
  crash,
  type Ends,
  eventually,
  type Finished,
  isAlive,
  MAIN,
  run,
  type RunOptions,
  runPimsync,
} from './program.ts';

/** What no run of the program may ever say. */
const BUG = /this is a bug|not foreseen|operation failed|at file:\/\//;

export interface PlaceOptions {
  /** The `[storage.…]` tables. */
  readonly storages: readonly string[];
  /** Names of those to mount; none: the configuration has no mount. */
  readonly mounted: readonly string[];
  /** More lines of `[mount]`. */
  readonly mountLines?: readonly string[];
  /** More tables. */
  readonly more?: readonly string[];
}

/** Where a mount lives: a configuration, a state folder and a mountpoint, which outlive the processes that use them. */
export class Place {
  readonly folder: string;
  readonly mountpoint: string;
  readonly stateFolder: string;
  readonly config: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.mountpoint = join(folder, 'mnt');
    this.stateFolder = join(folder, 'state');
    this.config = join(folder, 'mount.toml');
  }

  static async make(ends: Ends, options: PlaceOptions): Promise<Place> {
    const place = new Place(await mkdtemp(join(tmpdir(), 'pimsync-e2e-')));
    ends.add(() => place.#remove());
    await mkdir(place.mountpoint);
    await place.configure(options);
    return place;
  }

  async configure({ storages, mounted, mountLines = [], more = [] }: PlaceOptions): Promise<void> {
    const mount = [
      '[mount]',
      `path = "${this.mountpoint}"`,
      `storages = ${JSON.stringify(mounted)}`,
      'write_delay = "200ms"',
      'delete_delay = "600ms"',
      ...mountLines,
    ];
    const tables = [
      `state_path = "${this.stateFolder}"`,
      ...storages,
      ...(mounted.length > 0 ? [mount.join('\n')] : []),
    ];
    await writeFile(this.config, [...tables, ...more].join('\n\n'), { mode: 0o600 });
  }

  /** `pimsync -c CONFIG …` */
  pimsync(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return runPimsync(['-c', this.config, ...args], options);
  }

  /** A path in the mount. */
  at(...names: readonly string[]): string {
    return join(this.mountpoint, ...names);
  }

  read(...names: readonly string[]): Promise<string> {
    return readFile(this.at(...names), 'utf8');
  }

  async #remove(): Promise<void> {
    if (await isMounted(this.mountpoint)) await run('umount', ['-l', this.mountpoint]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

export interface StartOptions extends RunOptions {
  /** After `mount`. */
  readonly args?: readonly string[];
  /** In place of `node main.js -c CONFIG mount`. */
  readonly command?: readonly [program: string, ...args: string[]];
}

/** A `pimsync mount` in the foreground, with its engine. */
export class LiveMount {
  readonly place: Place;
  readonly #child: ChildProcess;
  #output = '';

  private constructor(place: Place, child: ChildProcess) {
    this.place = place;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  /** Resolves when it is live. */
  static async start(ends: Ends, place: Place, options: StartOptions = {}): Promise<LiveMount> {
    const mount = LiveMount.launch(ends, place, options);
    await eventually('the mount to be live', async () => mount.hasEnded || mount.isLive);
    if (mount.hasEnded) throw new Error(`pimsync mount ended: ${mount.output}`);
    return mount;
  }

  /** Only starts the process; whether it gets to mounting is for the caller to see. */
  static launch(ends: Ends, place: Place, { args = [], command, ...options }: StartOptions = {}): LiveMount {
    const [program, ...words] = command ?? [process.execPath, MAIN, '-c', place.config, 'mount'];
    const child = spawn(program, [...words, ...args], {
      cwd: options.cwd ?? '/',
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const mount = new LiveMount(place, child);
    ends.add(() => mount.#close());
    return mount;
  }

  /** Everything said so far, on stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  get isLive(): boolean {
    return this.#output.includes('is mounted; Ctrl-C');
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Of the file server. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Of the engine; waits for it where one is being started. */
  enginePid(): Promise<number> {
    return eventually('an engine', () => this.#engine());
  }

  async #engine(): Promise<number | undefined> {
    const children = await childrenOf(this.pid);
    return children.find(({ command }) => command.includes('--pimsync-engine'))?.pid;
  }

  /** Ends the file server as a crash does; resolves when the engine is gone too. */
  async crashFileServer(): Promise<void> {
    const engine = await this.#engine();
    await crash(this.pid);
    if (engine !== undefined) await eventually('the engine to end too', async () => !(await isAlive(engine)));
  }

  /** Leaves the mount behind: the engine has no time to take it away. */
  async crashBoth(): Promise<void> {
    const engine = await this.enginePid();
    process.kill(engine, 'SIGSTOP');
    await crash(this.pid);
    await crash(engine);
  }

  async crashEngine(): Promise<void> {
    await crash(await this.enginePid());
  }

  /** @returns the exit status */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.ended();
  }

  /** @returns the exit status, `null` for an end by a signal */
  async ended(): Promise<number | null> {
    await eventually('pimsync mount to end', async () => this.hasEnded);
    return this.#child.exitCode;
  }

  async #close(): Promise<void> {
    const engine = await this.#engine();
    if (!this.hasEnded) await crash(this.pid);
    if (engine !== undefined) await crash(engine);
    if (await isMounted(this.place.mountpoint)) await run('umount', ['-l', this.place.mountpoint]);
    if (BUG.test(this.#output)) throw new Error(`pimsync mount complained: ${this.#output}`);
  }
}

export async function isMounted(mountpoint: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  return mounts.split('\n').some((line) => line.split(' ')[4] === mountpoint);
}

interface DavFields {
  readonly server: Pick<TestServer, 'url' | 'username' | 'password'>;
  /** Where it is reached, when not directly. */
  readonly url?: URL;
  /** How often it asks for changes on its own; absent: so rarely that the test decides when. */
  readonly interval?: string | undefined;
}

/** The table of an account. */
export function davTable(
  name: string,
  type: 'caldav' | 'carddav',
  { server, url = server.url, interval = '1h' }: DavFields,
): string {
  const { username, password } = server;
  const login = username === undefined ? [] : [`username = "${username}"`, `password = "${password ?? ''}"`];
  return table(name, [`type = "${type}"`, `url = "${url.href}"`, `interval = "${interval}"`, ...login]);
}

/** The table of a folder; unless told otherwise, nobody looks at it unasked. */
export const vdirTable = (
  name: string,
  path: string,
  more: readonly string[] = ['interval = "1h"', 'watch = false'],
): string => table(name, ['type = "vdir/icalendar"', `path = "${path}"`, ...more]);

const table = (name: string, lines: readonly string[]): string => [`[storage.${name}]`, ...lines].join('\n');
