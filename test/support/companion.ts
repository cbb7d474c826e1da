import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { crash, type Ends, eventually } from './program.ts';

/** A program of `test/mount/programs` that runs beside a test, and ends when its input does. */
export class Companion {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  /** Resolves when it has said that it is ready. */
  static async start(ends: Ends, name: string, args: readonly string[]): Promise<Companion> {
    const program = fileURLToPath(new URL(`../mount/programs/${name}.ts`, import.meta.url));
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, ...args], {
      cwd: '/',
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const companion = new Companion(child);
    ends.add(async () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        await crash(child.pid);
    });
    await eventually(`${name} to be ready`, async () => companion.#output.startsWith('ready\n'));
    return companion;
  }

  /** What it has said so far, after that it is ready. */
  get output(): string {
    return this.#output.slice('ready\n'.length);
  }

  /** @returns all that it said */
  async finish(): Promise<string> {
    this.#child.stdin?.end();
    await eventually('the end of a companion', async () => this.#child.stdout?.readableEnded);
    return this.output;
  }
}
