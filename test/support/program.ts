import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The built program: what people run. */
export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** Far more than anything here takes, on a machine that is busy with other tests; what takes longer hangs. */
const TIME_LIMIT_MS = 60_000;
const LOOK_AGAIN_MS = 20;

export interface Finished {
  /** `null` when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** On top of this process's own; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly cwd?: string;
}

/** Runs a program to its end, within the time limit. What it ended with is for the caller to judge. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? '/',
      env: { ...process.env, ...options.env },
      timeout: TIME_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
    // A program that ends without reading its input is no failure of the test.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

export const runPimsync = (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
  run(process.execPath, [MAIN, ...args], options);

/** Runs a shell script that has to succeed. @returns its stdout */
export async function sh(script: string, options: RunOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await run('sh', ['-euc', script], options);
  if (status !== 0) throw new Error(`${script}\nended with status ${String(status)}: ${stderr}${stdout}`);
  return stdout;
}

/**
 * Looks again and again until there is something to see, for things that happen in other processes in their own time. An error counts
 * as nothing to see yet.
 * @returns what was seen, anything but `undefined` and `false`
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = TIME_LIMIT_MS / 2,
): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  let trouble = '';
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      trouble = '';
    } catch (error) {
      trouble = `: ${(error as Error).message}`;
    }
    if (Date.now() > deadlineMs) throw new Error(`waited ${withinMs / 1000} s in vain for ${what}${trouble}`);
    await pause(LOOK_AGAIN_MS);
  }
}

/** What a test has started, to be ended in reverse order whatever happens. */
export class Ends {
  readonly #closes: (() => Promise<unknown>)[] = [];

  add(close: () => Promise<unknown>): void {
    this.#closes.push(close);
  }

  /** Ends everything, even when ending something fails. @throws the first failure */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closes.splice(0).toReversed()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

export function endsOf(t: TestContext): Ends {
  const ends = new Ends();
  t.after(() => ends.close());
  return ends;
}

export interface ProcessEntry {
  readonly pid: number;
  readonly command: readonly string[];
}

/** The children of a process that are alive. */
export async function childrenOf(parent: number): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const entries = await Promise.all(pids.map((pid) => readChild(pid, parent)));
  return entries.flatMap((entry) => entry ?? []);
}

async function readChild(pid: number, parent: number): Promise<ProcessEntry | undefined> {
  const stat = await readProc(pid, 'stat');
  // The name in parentheses may hold anything, so the fields are counted from its end: state, parent.
  const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || state === 'Z' || Number(ppid) !== parent) return undefined;
  return { pid, command: (await readProc(pid, 'cmdline')).split('\0') };
}

/** A process that was killed holds what it has open until its last thread is gone; only then is it a zombie alone, or nothing. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readProc(pid, 'stat');
  if (stat === '') return false;
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  return threads.length > 1 || !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

/** Empty when the process is gone. */
const readProc = (pid: number, file: string): Promise<string> =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');

/** Ends a process at once, as a crash does, and waits until it is gone. */
export async function crash(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await eventually(`process ${pid} to be gone`, async () => !(await isAlive(pid)));
}
