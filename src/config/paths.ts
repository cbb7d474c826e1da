import { isAbsolute, join, relative, resolve } from 'node:path';
import { MAX_NAME_BYTES } from '../core/item-name.ts';

/** Environment of the user who runs us. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** The home folder, absolute. */
  readonly home: string;
}

/** Whether `expandHome` makes an absolute path of it. */
export const isPath = (text: string): boolean =>
  (isAbsolute(text) || text === '~' || text.startsWith('~/')) && !text.includes('\0');

/** `~` and `~/…` with the home folder put in; without a trailing slash or `..` for absolute paths. */
export function expandHome(text: string, home: string): string {
  if (text === '~') return home;
  const full = text.startsWith('~/') ? join(home, text.slice(2)) : text;
  return isAbsolute(full) ? resolve(full) : full;
}

/** A base folder of the XDG specification, which tells to ignore relative values. */
export function xdgFolder(variable: string, fallback: string, { env, home }: Surroundings): string {
  const value = env[variable];
  return value !== undefined && isAbsolute(value) ? resolve(value) : join(home, fallback);
}

/** Whether `inner` is `outer` or lies below it. */
export function isWithin(inner: string, outer: string): boolean {
  const way = relative(outer, inner);
  return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
}

/** Whether `name` can be one folder or file and never a way to another. */
export function isSegment(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are the characters to refuse
  if (/[\u0000-\u001F\u007F/]/.test(name)) return false;
  return !['', '.', '..'].includes(name) && Buffer.byteLength(name) <= MAX_NAME_BYTES;
}
