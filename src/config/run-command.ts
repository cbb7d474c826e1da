import { type ChildProcess, spawn } from 'node:child_process';
import { signalGroup } from '../lib/process-group.ts';

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a command ended. */
export type CommandEnd =
  | { readonly type: 'done'; readonly output: string }
  | { readonly type: 'no such program'; readonly code: string }
  | { readonly type: 'failed'; readonly how: string }
  | { readonly type: 'timeout' | 'flood' | 'not text' };

/** No secret is longer; a command that floods is stopped. */
const MAX_BYTES = 65_536;

/**
 * Runs a program without a shell and collects what it prints; what it says on stderr is dropped, since it may be secret too.
 * Whatever it started is ended with it when the time is up or the signal is aborted.
 * @throws the signal's reason
 */
export async function runCommand(argv: readonly string[], options: RunOptions): Promise<CommandEnd> {
  const { env, cwd, timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const [program = '', ...args] = argv;
  // A process group of its own, so that a shell's children can be ended too.
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  let stopped: 'timeout' | 'flood' | undefined;
  const stop = (why: typeof stopped): void => {
    stopped ??= why;
    signalGroup(child, 'SIGKILL');
  };
  const timer = setTimeout(() => stop('timeout'), timeoutMs);
  const abort = (): void => stop(undefined);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const output = collect(child, () => stop('flood'));
    const exit = await exitOf(child);
    signal?.throwIfAborted();
    return stopped === undefined ? toEnd(exit, output()) : { type: stopped };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

interface Exit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: NodeJS.ErrnoException;
}

/** Settles when the program has ended and all it printed has been read; never rejects. */
function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ status: null, signal: null, error }));
    child.once('close', (status, signal) => resolve({ status, signal }));
  });
}

function collect(child: ChildProcess, onFlood: () => void): () => Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  child.stdout?.on('data', (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > MAX_BYTES) onFlood();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}

function toEnd({ status, signal, error }: Exit, output: Uint8Array): CommandEnd {
  if (error) return { type: 'no such program', code: error.code ?? 'unknown error' };
  if (status !== 0) return { type: 'failed', how: signal === null ? `exit status ${status}` : signal };
  try {
    return { type: 'done', output: new TextDecoder('utf-8', { fatal: true }).decode(output) };
  } catch {
    return { type: 'not text' };
  }
}
