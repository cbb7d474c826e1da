import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly seconds: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly cwd?: string;
}

/** Far above anything measured here; a program that hangs must not hold up the run for ever. */
const TIME_LIMIT_MS = 300_000;

/** Runs a program to its end. @throws Error when it fails, with what it wrote to stderr */
export function runCommand(
  file: string,
  args: readonly string[],
  { env = process.env, input = '', cwd = '/' }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(file, args, { env, cwd, timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const seconds = (performance.now() - start) / 1000;
      if (code === 0) resolve({ seconds, ...texts });
      else reject(new Error(`${file} ${args.join(' ')}: ended with ${code ?? signal}: ${texts.stderr}`));
    });
    // A program may end without reading it.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Runs a shell script; only its time matters. */
export const timeShell = async (script: string): Promise<number> =>
  (await runCommand('sh', ['-euc', script], { env: { ...process.env, LC_ALL: 'C' } })).seconds;
