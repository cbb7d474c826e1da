import { type BigIntStats, constants } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { InvalidItemError, PimsyncError } from '../core/errors.ts';
import { type ItemKind, parseItem } from '../core/item.ts';
import type { Fetched, Href } from '../core/storage.ts';
import { decodeUtf8 } from '../core/text.ts';
import type { Disk, DiskFile } from './disk.ts';
import { errnoCode, toDiskError } from './disk-error.ts';
import { etagOf } from './fingerprint.ts';

export interface ItemFile {
  readonly href: Href;
  readonly path: string;
  readonly kind: ItemKind;
  readonly maxBytes: number;
  readonly disk: Disk;
}

/** Time stamps move in steps of up to 10 ms (Linux, CONFIG_HZ=100): a younger file can change again without showing it. */
const SETTLED_MS = 20;
/** An editor that writes in place has an unfinished text on the disk for a moment. */
const FINISHED_MS = 500;
const MAX_TRIES = 4;

/** A link could lead out of the folder, and opening a pipe would wait for ever. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads one item; `undefined` when no such file is there. A text is returned only with the etag under which it stood on the
 * disk for certain: files that were changed a moment ago are waited for, for at most two seconds in all.
 */
export async function readItemFile(file: ItemFile, signal?: AbortSignal): Promise<Fetched | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const look = await lookAt(file);
    if (!('waitMs' in look)) return look.fetched;
    if (look.waitMs <= 0 || attempt === MAX_TRIES) return look.fetched;
    await wait(look.waitMs, undefined, { signal });
  }
}

interface Settled {
  readonly fetched: Fetched | undefined;
}
interface Unsettled extends Settled {
  /** After how long the file may be trusted to show every further change. */
  readonly waitMs: number;
}

async function lookAt(file: ItemFile): Promise<Settled | Unsettled> {
  let handle: DiskFile;
  try {
    handle = await file.disk.open(file.path, READ_FLAGS);
  } catch (error) {
    return { fetched: errnoCode(error) === 'ENOENT' ? undefined : unreadable(file, error) };
  }
  try {
    return await readThrough(handle, file);
  } catch (error) {
    return { fetched: unreadable(file, error) };
  } finally {
    await handle.close();
  }
}

async function readThrough(handle: DiskFile, file: ItemFile): Promise<Settled | Unsettled> {
  const before = await handle.stat({ bigint: true });
  if (!before.isFile()) return { fetched: undefined };
  if (before.size > file.maxBytes) throw tooLarge(file, before.size);
  const bytes = await readAtMost(handle, file);
  const after = await handle.stat({ bigint: true });
  const item = parseItem(file.kind, decodeUtf8(bytes, file.path));
  const fetched: Fetched = { type: 'item', href: file.href, etag: etagOf(after), item };
  const changedMeanwhile = etagOf(before) !== etagOf(after);
  const trustedMs = item.whole ? SETTLED_MS : FINISHED_MS;
  return { fetched, waitMs: changedMeanwhile ? SETTLED_MS : trustedMs - ageMs(after) };
}

/** The file may grow while it is read; more than the limit is never taken in. */
async function readAtMost(handle: DiskFile, file: ItemFile): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const buffer = Buffer.allocUnsafe(65_536);
    const { bytesRead } = await handle.read({ buffer, position: total });
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
    if (total > file.maxBytes) throw tooLarge(file, BigInt(total));
  }
}

/** A time in the future (another computer's clock) counts as just now; the number of tries bounds the waiting. */
const ageMs = ({ mtimeNs }: BigIntStats): number => Math.max(0, Date.now() - Number(mtimeNs / 1_000_000n));

const tooLarge = ({ path, maxBytes }: ItemFile, size: bigint): InvalidItemError =>
  new InvalidItemError(
    `${path} has ${size} bytes, and items of more than ${maxBytes} are not carried; make it smaller (attachments, pictures) or move it away`,
  );

/** Never a deletion: the file is there, and only its content is out of reach. What is no disk error is a bug, and thrown. */
function unreadable({ href, path }: ItemFile, error: unknown): Fetched {
  const ours = toDiskError(error, path);
  if (!(ours instanceof PimsyncError)) throw ours;
  return { type: 'unreadable', href, error: ours };
}
