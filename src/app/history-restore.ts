import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MountError, type PimsyncError, ReadOnlyError } from '../core/errors.ts';
import { systemClock } from '../lib/clock.ts';
import type { CommandBase } from './command-base.ts';
import { ask } from './control.ts';
import { type InMount, withDatabase } from './find-in-mount.ts';
import { assertRestorable } from './history-checks.ts';
import { chooseVersion, type Chosen } from './history-choose.ts';
import { type Restoration, restoreHere, scratchName } from './history-restore-here.ts';
import { holdState } from './state-folder.ts';
import { statePaths } from './state-paths.ts';

export interface Restored extends Pick<Chosen, 'path' | 'version' | 'text'> {
  /** `same`: the file says it already. */
  readonly outcome: 'restored' | 'same';
  /** Somebody is there to send it. */
  readonly isRunning: boolean;
}

/**
 * `pimsync restore`: a new edit, which is sent, kept in the history and undone as any other.
 * @param words `PATH` for the newest version, or `PATH@NUMBER`
 * @throws UsageError, NotFoundError; AlreadyExistsError when the name or the UID is another file's; ReadOnlyError; MountError; BusyError
 */
export async function restoreVersion(base: CommandBase, words: string): Promise<Restored> {
  const chosen = await chooseVersion(base, words);
  const { at, place, path, version, text } = chosen;
  const { running } = at;
  const shown = withDatabase(at.statePath, (db) => assertRestorable(db, chosen));
  const restored = { path, version, text, isRunning: running !== null };
  if (shown?.equals(text) === true) return { ...restored, outcome: 'same' };
  if (running?.mountpoint === undefined) await restoreUnmounted(at, { place, version: version.number });
  else await writeThroughMount(path, text);
  return { ...restored, outcome: 'restored' };
}

/** As any program writes a file, so that the kernel and whoever looks at it knows. This process does not serve the mount. */
async function writeThroughMount(path: string, text: Buffer): Promise<void> {
  const temporary = join(dirname(path), scratchName());
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: 0o644 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw asOurs(error, path);
  }
}

function asOurs(error: unknown, path: string): PimsyncError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (['EROFS', 'EACCES', 'EPERM'].includes(code ?? ''))
    return new ReadOnlyError(
      `${path} cannot be written in the mount: ${message}; have it written to a file instead, with --to FILE`,
      { cause: error },
    );
  return new MountError(`${path} could not be written in the mount: ${message}; nothing was changed`, {
    cause: error,
  });
}

/** By the running engine, where one keeps pairs in step without a mount; else here. */
async function restoreUnmounted({ statePath, running }: InMount, wanted: Restoration): Promise<void> {
  const paths = statePaths(statePath);
  if (running) {
    const answer = await ask(paths.socket, { op: 'restore', ...wanted });
    if (answer !== undefined) return;
  }
  const state = await holdState(paths);
  try {
    restoreHere(state.db, wanted, systemClock.nowMs());
  } finally {
    await state.release();
  }
}
