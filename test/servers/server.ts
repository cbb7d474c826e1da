import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A real server on this machine, with data that nobody else sees. */
export interface TestServer {
  readonly name: 'radicale' | 'xandikos';
  /** `http://127.0.0.1:PORT/` */
  readonly url: URL;
  /** `undefined` where the server knows no users. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly calendarHome: URL;
  readonly contactsHome: URL;
  readonly dataDir: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Ends the server and keeps its data for `restart`. */
  halt(): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
  /** The same server again: same port, same data. */
  restart(): Promise<void>;
}

interface Program {
  readonly name: TestServer['name'];
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Paths under the server's root. */
  readonly calendarHome: string;
  readonly contactsHome: string;
  /** The folder that its data folder is made in; absent: the one for temporary files. */
  readonly within?: string | undefined;
  /** Makes what it needs in `dataDir` and says what to run. */
  readonly command: (
    port: number,
    dataDir: string,
  ) => { readonly file: string; readonly args: readonly string[] };
}

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 50;
const KEPT_OUTPUT = 4000;

/** Starts a program and waits until it answers for its home. */
export async function startServer(program: Program): Promise<TestServer> {
  const dataDir = mkdtempSync(join(program.within ?? tmpdir(), `pimsync-${program.name}-`));
  const port = await freePort();
  const running = new RunningServer(program, dataDir, port);
  try {
    await running.start();
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

class RunningServer implements TestServer {
  readonly name;
  readonly username;
  readonly password;
  readonly url: URL;
  readonly calendarHome: URL;
  readonly contactsHome: URL;
  readonly dataDir: string;
  readonly #program: Program;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #output = '';

  constructor(program: Program, dataDir: string, port: number) {
    this.name = program.name;
    this.username = program.username;
    this.password = program.password;
    this.url = new URL(`http://127.0.0.1:${port}/`);
    this.calendarHome = new URL(program.calendarHome, this.url);
    this.contactsHome = new URL(program.contactsHome, this.url);
    this.dataDir = dataDir;
    this.#program = program;
    this.#port = port;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.name} is not running`);
    return pid;
  }

  async start(): Promise<void> {
    const { file, args } = this.#program.command(this.#port, this.dataDir);
    this.#output = '';
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.dataDir });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => this.#keep(chunk));
    child.once('error', (error) => this.#keep(Buffer.from(error.message)));
    process.once('exit', this.#killNow);
    await this.#untilReady(child);
  }

  async halt(): Promise<void> {
    await this.#end();
  }

  async restart(): Promise<void> {
    await this.#end();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#end();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** A test process that dies must not leave servers behind. */
  readonly #killNow = (): void => {
    this.#child?.kill('SIGKILL');
  };

  async #end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    process.removeListener('exit', this.#killNow);
    if (child?.pid === undefined || hasEnded(child)) return;
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(timer);
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const deadlineMs = Date.now() + READY_WITHIN_MS;
    while (!(await this.#answers())) {
      if (hasEnded(child)) throw new Error(`${this.name} ended before it was ready:\n${this.#output}`);
      if (Date.now() > deadlineMs) throw new Error(`${this.name} did not become ready:\n${this.#output}`);
      await wait(LOOK_EVERY_MS);
    }
  }

  async #answers(): Promise<boolean> {
    const basic = Buffer.from(`${this.username ?? ''}:${this.password ?? ''}`).toString('base64');
    try {
      const response = await fetch(this.calendarHome, {
        method: 'PROPFIND',
        headers: { depth: '0', ...(this.username === undefined ? {} : { authorization: `Basic ${basic}` }) },
      });
      await response.arrayBuffer();
      return response.status === 207;
    } catch {
      return false;
    }
  }

  #keep(chunk: Buffer): void {
    this.#output = (this.#output + chunk.toString()).slice(-KEPT_OUTPUT);
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** A port that nobody listens on at the moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port was given'));
      });
    });
  });
}
