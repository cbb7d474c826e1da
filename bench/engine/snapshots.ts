import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../run-command.ts';

/** States of a folder, so that several programs can do the same work from the same beginning. */
export class Snapshots {
  readonly #folder: string;
  readonly #kept: string;
  #current: string | undefined;

  /** @param kept where to keep them; best on the same disk */
  constructor(folder: string, kept: string) {
    this.#folder = folder;
    this.#kept = kept;
  }

  /** Keeps the folder as it is now, in place of an earlier one of that name. */
  async take(name: string): Promise<void> {
    await mkdir(this.#kept, { recursive: true });
    await copy(this.#folder, join(this.#kept, name));
    this.#current = name;
  }

  /** Does nothing where nobody changed anything since. */
  async restore(name: string): Promise<void> {
    if (this.#current === name) return;
    await copy(join(this.#kept, name), this.#folder);
    this.#current = name;
  }

  /** Has to be told before anything is written to the folder. */
  willChange(): void {
    this.#current = undefined;
  }
}

/** With times: Radicale tells the age of its own notes by them. */
async function copy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await runCommand('cp', ['-a', from, to]);
}
