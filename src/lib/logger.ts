import { pino } from 'pino';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What the program's parts need of a log; pino's own type stays here. */
export interface Logger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  child(fields: object): Logger;
}

/**
 * JSON lines on stderr or into `file` (created 0600 by the caller's umask), written synchronously: no worker threads beside FUSE,
 * and the last line before a crash is there.
 */
export function createLogger(level: LogLevel, file?: string): Logger {
  const destination = pino.destination({ dest: file ?? 2, sync: true, mkdir: false });
  return pino({ level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** For tests and for commands that have nothing to log. */
export const silentLogger: Logger = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  child: () => silentLogger,
};
