import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** One line of /proc/self/mountinfo, as far as it matters here. */
export interface Mount {
  /** Unique while the mount exists. */
  readonly id: number;
  readonly mountPoint: string;
  /** With the subtype: `fuse.pimsync`. */
  readonly type: string;
  readonly source: string;
  /** `major:minor`; the minor number is that of the connection under /sys/fs/fuse. */
  readonly device: string;
}

/** What our own mounts show there; see `fuseOptions`. */
const OWN_TYPE = 'fuse.pimsync';

export const readMounts = async (): Promise<Mount[]> =>
  parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));

/** proc(5): `id parent major:minor root mountpoint options [optional fields...] - type source superoptions` */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [front = '', back = ''] = line.split(' - ', 2);
    const [id, , device, , mountPoint] = front.split(' ');
    const [type, source = ''] = back.split(' ');
    if (mountPoint === undefined || device === undefined || type === undefined || type === '') return [];
    return [{ id: Number(id), mountPoint: unescape(mountPoint), type, source: unescape(source), device }];
  });
}

/** Ours among the mounts at exactly that place; the last one lies on top. */
export const findOwnMount = (mounts: readonly Mount[], mountPoint: string): Mount | undefined =>
  mounts.findLast((mount) => mount.type === OWN_TYPE && mount.mountPoint === mountPoint);

/** One of our mounts of which `folder` is a part, but not the root. */
export const findEnclosingMount = (mounts: readonly Mount[], folder: string): Mount | undefined =>
  mounts.findLast((mount) => mount.type === OWN_TYPE && isInside(folder, mount.mountPoint));

/** Whether `file` is below `folder`; a folder is not inside itself. Both absolute and normal. */
export function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`);
}

/** The kernel writes blank, tab, newline, backslash and # as three octal digits; all else stands as it is. */
const unescape = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));
