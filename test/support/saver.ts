import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventText } from './items.ts';
import { crash, type Ends, eventually } from './program.ts';

const PROGRAM = fileURLToPath(new URL('../mount/programs/save-many.ts', import.meta.url));

/** An event whose version can be told from its text. */
export const versionedEvent = (name: string, version: number): string =>
  eventText({ uid: `uid-of-${name}`, summary: `version ${version} ${'x'.repeat(version % 50)}.` });

export const versionOf = (text: string): number =>
  Number(/^SUMMARY:version (\d+) x*\.\r?$/m.exec(text)?.[1] ?? NaN);

/** A program that saves events in a folder as fast as it can, and what is known of how far it came. */
export class Saver {
  /** By name, the last version whose saving came to its end. */
  readonly saved = new Map<string, number>();
  /** What it was about when it ended. */
  trying: { readonly name: string; readonly version: number } | undefined;
  failure: string | undefined;
  readonly #child: ChildProcess;
  #rest = '';

  /** @param first the number of its first version; those of one test must not repeat */
  constructor(
    ends: Ends,
    folder: string,
    { names, first }: { readonly names: number; readonly first: number },
  ) {
    this.#child = spawn(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), PROGRAM, folder, String(names), String(first)],
      { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    ends.add(() => this.end());
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [what, name = '', version = ''] = line.split(' ');
      if (what === 'failed') this.failure = name;
      else if (what === 'try') this.trying = { name, version: Number(version) };
      else {
        this.saved.set(name, Number(version));
        this.trying = undefined;
      }
    }
  }

  /** Waits until it has saved that version, or a later one. */
  async hasSaved(version: number): Promise<void> {
    const isThere = (): boolean => Math.max(...this.saved.values()) >= version;
    await eventually(`version ${version} to be saved`, async () => this.failure !== undefined || isThere());
    if (this.failure !== undefined) throw new Error(`saving failed with ${this.failure}`);
  }

  /** Waits until it has ended because a call failed. */
  async hasFailed(): Promise<void> {
    await eventually('saving to fail', async () => this.failure !== undefined && this.#hasEnded);
  }

  /** Ends it between two calls or in one. */
  async end(): Promise<void> {
    if (this.#hasEnded || this.#child.pid === undefined) return;
    await crash(this.#child.pid);
    await eventually('the end of its output', async () => this.#child.stdout?.readableEnded);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

/** Numbers from 0 up to 1 that are the same in every run with that seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
