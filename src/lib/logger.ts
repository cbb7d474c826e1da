import { pino } from 'pino';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What the program's parts need of a log; pino's own type stays here. */
export interface Logger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  child(fields: object): Logger;
}

const NAMES: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warning', 50: 'error' };
/** Fields that mean nothing to a reader of a terminal. */
const UNSHOWN: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'msg', 'err']);

/** JSON lines into `file`, for machines; written synchronously, so that the last line before a crash is there. */
export function createFileLogger(level: LogLevel, file: string): Logger {
  const destination = pino.destination({ dest: file, sync: true, mode: 0o600 });
  return pino({ level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** Plain lines for people: `warning: message (key=value …)`. */
export function createTextLogger(level: LogLevel, write: (line: string) => void): Logger {
  return pino({ level, base: null }, { write: (line: string) => write(toText(line)) });
}

function toText(line: string): string {
  const fields = JSON.parse(line) as Record<string, unknown>;
  const level = Number(fields['level']);
  const error = fields['err'] as { message?: string; stack?: string } | undefined;
  const shown = Object.entries(fields)
    .filter(([name]) => !UNSHOWN.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  // Stacks are for bugs, and bugs are logged as errors.
  const cause = error ? `: ${(level >= 50 ? error.stack : undefined) ?? error.message ?? ''}` : '';
  const suffix = shown.length === 0 ? '' : ` (${shown.join(' ')})`;
  return `${NAMES[level] ?? 'log'}: ${String(fields['msg'])}${suffix}${cause}\n`;
}

/** For tests and for commands that have nothing to log. */
export const silentLogger: Logger = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  child: () => silentLogger,
};
