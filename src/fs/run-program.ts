import { spawn } from 'node:child_process';
import { withoutFuse } from './shield.ts';

export interface Outcome {
  /** `undefined`: could not be started, or was ended by the time limit. */
  readonly exitCode: number | undefined;
  /** What it said, in English, or why it did not start. */
  readonly message: string;
}

export type RunProgram = (program: string, args: readonly string[]) => Promise<Outcome>;

const TIME_LIMIT_MS = 10_000;

/**
 * Runs one of the system's programs to its end, without a shell, outside every mount and our process group (so that Ctrl-C does not
 * end it half-way), and without our /dev/fuse.
 */
export const runProgram: RunProgram = (program, args) =>
  new Promise((resolve) => {
    const child = withoutFuse(['ignore', 'ignore', 'pipe'], (stdio) =>
      spawn(program, args, { cwd: '/', detached: true, stdio, env: { ...process.env, LC_ALL: 'C' } }),
    );
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
    const finish = (exitCode: number | undefined, message: string): void => {
      clearTimeout(timer);
      resolve({ exitCode, message: message.trim() });
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // A program stuck in a dead mount does not die before that mount does; it must not keep us.
      child.stderr?.destroy();
      child.unref();
      finish(undefined, `${program} gave no answer within ${TIME_LIMIT_MS / 1000} s`);
    }, TIME_LIMIT_MS);
    child.on('error', (error) => finish(undefined, error.message));
    child.on('close', (code) => finish(code ?? undefined, said));
  });
