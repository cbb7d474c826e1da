import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';
import type { Account } from './server.ts';

/** The same account and a folder, kept in step by vdirsyncer. */
export class Vdirsyncer {
  /** Where the collections are, a folder each. */
  readonly collections: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.collections = join(folder, 'collections');
  }

  /** `undefined` when it is not installed. The collections are discovered already. */
  static async prepare(
    folder: string,
    { url, username, password }: Account,
  ): Promise<Vdirsyncer | undefined> {
    if (!(await isInstalled())) return undefined;
    const vdirsyncer = new Vdirsyncer(folder);
    await mkdir(vdirsyncer.collections, { recursive: true });
    const config = [
      '[general]',
      `status_path = "${join(folder, 'status')}"`,
      '[pair bench]',
      'a = "dav"',
      'b = "local"',
      'collections = ["from a"]',
      '[storage dav]',
      'type = "caldav"',
      `url = "${url.href}"`,
      `username = "${username}"`,
      `password = "${password}"`,
      '[storage local]',
      'type = "filesystem"',
      `path = "${vdirsyncer.collections}"`,
      'fileext = ".ics"',
    ];
    await writeFile(vdirsyncer.#config, `${config.join('\n')}\n`, { mode: 0o600 });
    await runCommand('vdirsyncer', ['-c', vdirsyncer.#config, 'discover'], { input: 'y\n'.repeat(100) });
    return vdirsyncer;
  }

  get #config(): string {
    return join(this.#folder, 'config');
  }

  /** As before its first sync; what it discovered it still knows. */
  forget(): Promise<void> {
    return rm(join(this.#folder, 'status', 'bench'), { recursive: true, force: true });
  }

  /** @returns the seconds it took */
  async sync(): Promise<number> {
    return (await runCommand('vdirsyncer', ['-c', this.#config, 'sync'])).seconds;
  }
}

async function isInstalled(): Promise<boolean> {
  try {
    await runCommand('vdirsyncer', ['--version']);
    return true;
  } catch {
    return false;
  }
}
