import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as othersFirst } from 'node:timers/promises';
import { ServerError } from '../core/errors.ts';
import { href, type ItemRef, type UnclearRef } from '../core/storage.ts';
import type { Disk } from './disk.ts';
import { errnoCode, onDisk } from './disk-error.ts';
import { etagOf } from './fingerprint.ts';
import { isVdirItem } from './names.ts';

interface Listing {
  readonly items: readonly ItemRef[];
  readonly unclear: readonly UnclearRef[];
}

interface Entry {
  readonly name: string;
  /** `gone`: the file vanished since the folder was read. */
  readonly stat: BigIntStats | 'gone' | { readonly failed: string };
}

/** So many at once: the thread pool has four threads, more only lengthens its queue; and then others may go on. */
const PARALLEL_STATS = 64;
const MAX_TRIES = 5;
/** An empty file that was touched just now is one that somebody is about to fill. */
const FRESH_MS = 10_000;

/**
 * All item files of a folder. An item that is being renamed may be missing under its old name and its new one, and its
 * absence would be taken for a deletion: a folder that changed meanwhile is read again.
 */
export async function listItems(
  folder: string,
  extension: string,
  disk: Disk,
  signal?: AbortSignal,
): Promise<Listing> {
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    signal?.throwIfAborted();
    const before = await folderState(folder, disk);
    const names = await onDisk(folder, () => disk.readdir(folder, { encoding: 'buffer' }));
    const read = await folderState(folder, disk);
    const entries = await statAll(folder, itemNames(names, extension), disk);
    if (before === read && !entries.some(({ stat }) => stat === 'gone')) {
      return toListing(entries, misnamed(names, extension));
    }
  }
  throw new ServerError(`${folder}: some program keeps renaming files in it; try again when it is done`);
}

async function folderState(folder: string, disk: Disk): Promise<string> {
  return etagOf(await onDisk(folder, () => disk.stat(folder, { bigint: true })));
}

const itemNames = (names: readonly Buffer[], extension: string): string[] =>
  names
    .filter(isUtf8)
    .map(String)
    .filter((name) => isVdirItem(extension, name));

/** Node cannot open what it cannot name, so these would seem to have vanished. */
const misnamed = (names: readonly Buffer[], extension: string): string[] =>
  names
    .filter((name) => !isUtf8(name))
    .map(String)
    .filter((name) => isVdirItem(extension, name));

const isUtf8 = (name: Buffer): boolean => Buffer.from(name.toString()).equals(name);

async function statAll(folder: string, names: readonly string[], disk: Disk): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let at = 0; at < names.length; at += PARALLEL_STATS) {
    const some = names.slice(at, at + PARALLEL_STATS);
    entries.push(...(await Promise.all(some.map((name) => statOne(folder, name, disk)))));
    await othersFirst();
  }
  return entries;
}

async function statOne(folder: string, name: string, disk: Disk): Promise<Entry> {
  try {
    return { name, stat: await disk.lstat(join(folder, name), { bigint: true }) };
  } catch (error) {
    const code = errnoCode(error);
    if (code === undefined) throw error;
    return { name, stat: code === 'ENOENT' ? 'gone' : { failed: code } };
  }
}

function toListing(entries: readonly Entry[], misnamed: readonly string[]): Listing {
  const items: ItemRef[] = [];
  const unclear: UnclearRef[] = misnamed.map((name) =>
    problem(name, 'the file name is not UTF-8; rename it'),
  );
  for (const { name, stat } of entries) {
    if (stat === 'gone') continue;
    if ('failed' in stat) unclear.push(problem(name, `the file cannot be looked at (${stat.failed})`));
    else if (stat.isSymbolicLink())
      unclear.push(problem(name, 'it is a symbolic link; only plain files are read'));
    else if (stat.isFile() && stat.size === 0n) unclear.push(emptyFile(name, stat));
    else if (stat.isFile()) items.push({ href: href(name), etag: etagOf(stat) });
    else unclear.push(problem(name, 'it is not a file; rename it, or put the item in its place'));
  }
  return { items, unclear };
}

const problem = (name: string, reason: string): UnclearRef => ({
  href: href(name),
  ident: undefined,
  reason,
  weight: 'problem',
});

/** Editors truncate before they write. An empty text has no UID, so the item that was there would seem deleted. */
const emptyFile = (name: string, { mtimeNs }: BigIntStats): UnclearRef => ({
  href: href(name),
  ident: undefined,
  reason: 'the file is empty; delete it if the item is to be deleted',
  weight: Date.now() - Number(mtimeNs / 1_000_000n) < FRESH_MS ? 'passing' : 'problem',
});
