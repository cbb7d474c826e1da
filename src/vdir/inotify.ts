import { watch } from 'node:fs';

/** Watches one folder; `onEvent` gets the name of what changed in it, where that is known. @throws what the system said */
export type WatchFolder = (
  path: string,
  onEvent: (name: string | undefined) => void,
  onError: (error: Error) => void,
) => () => void;

/** By inotify, which is what libuv has on Linux. A watch alone keeps no process alive. */
export const watchFolder: WatchFolder = (path, onEvent, onError) => {
  const watcher = watch(path, { persistent: false }, (_type, name) => onEvent(name ?? undefined));
  watcher.on('error', onError);
  return () => watcher.close();
};

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'the system allows no more watches: raise fs.inotify.max_user_watches with sysctl',
  EMFILE: 'the system allows no more programs that watch: raise fs.inotify.max_user_instances with sysctl',
  ENOENT: 'it is not there: mount its disk, or make it with mkdir -p',
  ENOTDIR: 'it is not a folder: a vdir is a folder of folders',
  EACCES: 'it may not be read: see to its rights',
};

/** What a person can do about a folder that cannot be watched. */
export const remedyOf = (code: string): string => REMEDIES[code] ?? `it cannot be watched (${code})`;
