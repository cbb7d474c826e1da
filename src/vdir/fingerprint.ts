import type { BigIntStats } from 'node:fs';
import { etag, type Etag } from '../core/storage.ts';

/**
 * What changes whenever a file does: in place (time, size) or by another file moved over it (inode). The change time would
 * tell more, but it also moves when the file gets its final name, so that a writer could not know its own etag.
 */
export const etagOf = ({ mtimeNs, ino, size }: BigIntStats): Etag => etag(`${mtimeNs}-${ino}-${size}`);
