import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of ours that goes on until its stdin ends, and then prints one JSON document. */
export class Probe<Result> {
  readonly #child: ChildProcess;
  #printed = '';
  #complaint = '';

  /** @param name of the program in bench/programs */
  constructor(name: string, args: readonly string[]) {
    const program = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
    // Not in the mount: a current directory there would keep it from being unmounted.
    this.#child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, ...args], {
      cwd: '/',
      stdio: 'pipe',
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#printed += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#complaint += text));
  }

  /** Resolves when it has begun: it prints an empty line then. */
  async begun(): Promise<void> {
    while (!this.#printed.includes('\n') && this.#child.exitCode === null)
      await Promise.race([once(this.#child.stdout ?? this.#child, 'data'), once(this.#child, 'exit')]);
  }

  async end(): Promise<Result> {
    const closed = once(this.#child, 'close');
    this.#child.stdin?.end();
    const [code] = (await closed) as [number | null];
    if (code !== 0) throw new Error(`a probe ended with ${String(code)}: ${this.#complaint}`);
    return JSON.parse(this.#printed) as Result;
  }
}
