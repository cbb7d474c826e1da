import type { ChildProcess } from 'node:child_process';
import type { LogLevel } from '../lib/logger.ts';
import type { ConfigSource } from './config-source.ts';
import type { ForeignError } from './foreign-error.ts';

/** What an engine child has to know to begin; passwords that a person typed travel here and nowhere else. */
export interface EngineStart {
  readonly type: 'start';
  readonly source: ConfigSource;
  /** Passwords typed at the terminal, by storage. */
  readonly prompted: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
  /** Where the log goes; absent: plain lines on stderr. */
  readonly logFile: string | undefined;
}

/**
 * From the file server (parent) to the engine (child) of one mount. Hints only: the truth is in the database, so a lost message costs
 * a delay, never data.
 */
export type ToEngine =
  | EngineStart
  /** The tree is live; remote changes may be published through it, and synchronising begins. */
  | { readonly type: 'mounted'; readonly mountpoint: string }
  /** A user changed something; it becomes due after its quiet time. */
  | { readonly type: 'edited' }
  /** A file of that collection changed in place, and the kernel does not know the directory's new time yet. */
  | { readonly type: 'touch'; readonly storage: string; readonly directory: string }
  /** Send what is pending, quiet time or not, for at most that long; answered by `drained`. */
  | { readonly type: 'drain'; readonly timeoutMs: number }
  | { readonly type: 'sync-now' }
  /** Another engine is to go on in its place: it ends at a safe point, and the mount stays. */
  | { readonly type: 'replaced' }
  /** Answers `unmount-requested`. */
  | { readonly type: 'unmounted'; readonly pending: number; readonly error: string | undefined };

export type ToFileServer =
  /** It has the state, and the database is up to date. */
  | { readonly type: 'ready' }
  /** It cannot start and ends right after. */
  | ({ readonly type: 'failed' } & ForeignError)
  | { readonly type: 'drained'; readonly pending: number }
  /** `pimsync unmount` asks; answered by `unmounted`. */
  | { readonly type: 'unmount-requested'; readonly waitMs: number };

/** Argument that makes `main.ts` an engine; not for people. */
export const ENGINE_ARGUMENT = '--pimsync-engine';

/** Sends without ever throwing: a closed channel means that the other side is gone, which its exit event tells anyway. */
export function send(channel: ChildProcess | NodeJS.Process, message: ToEngine | ToFileServer): void {
  if (channel.connected ?? false) channel.send?.(message, undefined, undefined, () => {});
}

/** What the process that started this one says first; `undefined` when it is gone without a word. */
export function firstMessage<T>(): Promise<T | undefined> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve(undefined);
    process.once('disconnect', () => resolve(undefined));
    process.once('message', (message) => resolve(message as T));
  });
}
