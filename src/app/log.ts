import { createFileLogger, createTextLogger, type Logger, type LogLevel } from '../lib/logger.ts';

/** A log on stderr in plain words, or as JSON lines in a file. */
export const openLog = (level: LogLevel, file: string | undefined): Logger =>
  file === undefined
    ? createTextLogger(level, (line) => process.stderr.write(line))
    : createFileLogger(level, file);
