import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CommandResult, runCommand } from './run-command.ts';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PEAK_PRELOAD = fileURLToPath(new URL('programs/peak-memory.mjs', import.meta.url));

export interface SyncRun extends CommandResult {
  /** Highest resident memory of the process. */
  readonly peakMegabytes: number;
  /** How many requests it sent. */
  readonly requests: number;
}

/** The built program with a configuration and state of its own. */
export class Pimsync {
  /** Where `[mount]` says. */
  readonly mountpoint: string;
  readonly socket: string;
  readonly #folder: string;
  readonly #state: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#state = join(folder, 'state');
    this.socket = join(this.#state, 'control.sock');
    this.mountpoint = join(folder, 'mnt');
  }

  /** @param configure makes the configuration; `state_path` is put in front of it */
  static async prepare(
    folder: string,
    configure: (places: { mountpoint: string; folder: string }) => string,
  ): Promise<Pimsync> {
    const pimsync = new Pimsync(folder);
    const { mountpoint } = pimsync;
    await mkdir(mountpoint, { recursive: true });
    const config = `state_path = "${pimsync.#state}"\n${configure({ mountpoint, folder })}`;
    await writeFile(pimsync.#config, config, { mode: 0o600 });
    return pimsync;
  }

  get #config(): string {
    return join(this.#folder, 'mount.toml');
  }

  /** All that it remembers. */
  get state(): string {
    return this.#state;
  }

  /** As after the installation. */
  forget(): Promise<void> {
    return rm(this.#state, { recursive: true, force: true });
  }

  /** Once, as a person has it, with nothing that watches. @returns the seconds it took */
  async timeSync(): Promise<number> {
    return (await runCommand(process.execPath, [PROGRAM, '-c', this.#config, 'sync'])).seconds;
  }

  /** Once, watched. @param under the command that it is run by, with its options */
  async sync(under: readonly string[] = []): Promise<SyncRun> {
    const peakFile = join(this.#folder, 'peak');
    const [file, ...args] = [...under, process.execPath];
    const result = await runCommand(
      file,
      [...args, '--import', PEAK_PRELOAD, PROGRAM, '-c', this.#config, '-v', 'debug', 'sync'],
      { env: { ...process.env, BENCH_PEAK_FILE: peakFile } },
    );
    return {
      ...result,
      peakMegabytes: Number(await readFile(peakFile, 'utf8')) / 1e6,
      requests: result.stderr.match(/^debug: request /gm)?.length ?? 0,
    };
  }

  /** Resolves when the mount is live. */
  async mount(): Promise<LiveMount> {
    const startMs = performance.now();
    const child = spawn(process.execPath, [PROGRAM, '-c', this.#config, 'mount'], {
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('is mounted')) resolve();
      });
      child.once('exit', () => reject(new Error(`the mount did not come about: ${said}`)));
    });
    return new LiveMount(child, (performance.now() - startMs) / 1000);
  }
}

export class LiveMount {
  /** From the start of the process until it was mounted. */
  readonly seconds: number;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, seconds: number) {
    this.#child = child;
    this.seconds = seconds;
  }

  /** The highest resident memory of the file server so far. */
  async peakMegabytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8');
    const [, kibibytes = 'NaN'] = /^VmHWM:\s*(\d+) kB/m.exec(status) ?? [];
    return (Number(kibibytes) * 1024) / 1e6;
  }

  /** Unmounts and waits for the end of the process; does nothing the second time. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
