import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { signalGroup } from '../lib/process-group.ts';
import { systemTimer } from '../lib/timer.ts';
import type { ProgramInput, RunProgram } from './make-one-text.ts';

/** Of what a program says last, for the reason why it failed. */
const MAX_SAID = 200;
/** What it said last may still be on its way when it has ended. */
const DRAIN_MS = 500;

/** A program in front of the person who started this process, who may take all the time there is. */
export const atTerminal =
  (argv: readonly string[], name = argv[0] ?? ''): RunProgram =>
  async (input) => {
    const { end, stop } = start(argv, input, { stdio: 'inherit', detached: false });
    input.signal?.addEventListener('abort', stop, { once: true });
    try {
      return problemOf(name, await end);
    } finally {
      input.signal?.removeEventListener('abort', stop);
    }
  };

/** The same with a line of shell, to which the files are appended. */
export const shellAtTerminal = (line: string): RunProgram =>
  atTerminal(['/bin/sh', '-c', `${line} "$@"`, 'pimsync'], line);

/** A program that nobody watches: without a terminal, and ended with all that it started when it takes too long. */
export const unattended =
  (argv: readonly string[], timeoutMs: number): RunProgram =>
  async (input) => {
    const { child, end, stop } = start(argv, input, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    const said = lastWords(child);
    let isLate = false;
    const cancel = systemTimer(timeoutMs, () => {
      isLate = true;
      stop();
    });
    input.signal?.addEventListener('abort', stop, { once: true });
    try {
      const problem = problemOf(argv[0] ?? '', await end);
      if (isLate) return `${argv[0] ?? ''} took longer than ${timeoutMs / 1000} s and was ended`;
      return problem === undefined || said() === '' ? problem : `${problem}: ${said()}`;
    } finally {
      cancel();
      input.signal?.removeEventListener('abort', stop);
    }
  };

type Exit = { readonly status: number | null; readonly killedBy: NodeJS.Signals | null } | Error;

interface Started {
  /** Absent where it could not be started at all. */
  readonly child: ChildProcess | undefined;
  readonly end: Promise<Exit>;
  readonly stop: () => void;
}

function start(
  [program = '', ...args]: readonly string[],
  { files, cwd, env }: ProgramInput,
  options: { readonly stdio: StdioOptions; readonly detached: boolean },
): Started {
  try {
    const child = spawn(program, [...args, ...files], { ...options, cwd, env });
    const stop = options.detached ? () => signalGroup(child, 'SIGKILL') : () => void child.kill();
    // What it leaves running works on files that are about to go.
    if (options.detached) child.once('exit', stop);
    return { child, stop, end: exitOf(child) };
  } catch (error) {
    return { child: undefined, stop: () => {}, end: Promise.resolve(error as Error) };
  }
}

/** When all that it said was read. What it started in a session of its own may hold its stderr for ever, and is not waited for. */
const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    let cancel = (): void => {};
    child.once('error', resolve);
    child.once('exit', () => {
      cancel = systemTimer(DRAIN_MS, () => child.stderr?.destroy());
    });
    child.once('close', (status, killedBy) => {
      cancel();
      resolve({ status, killedBy });
    });
  });

function problemOf(program: string, exit: Exit): string | undefined {
  if (exit instanceof Error)
    return `${program} cannot be run (${(exit as NodeJS.ErrnoException).code ?? exit.message})`;
  if (exit.status === 0) return undefined;
  return `${program} ended with ${exit.status ?? exit.killedBy ?? 'an unknown end'}`;
}

/** The last line on stderr that says anything. */
function lastWords(child: ChildProcess | undefined): () => string {
  let tail = '';
  child?.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-4 * MAX_SAID);
  });
  return () => {
    const lines = tail.split('\n').map((line) => line.trim());
    return lines.findLast((line) => line !== '')?.slice(0, MAX_SAID) ?? '';
  };
}
