import { constants } from 'node:os';
import type { Logger } from '../lib/logger.ts';
import { isForeseen, toErrno } from './errno.ts';

/** How the binding takes an answer: 0 or a negative errno, then the values. */
export type Reply<Result extends unknown[]> = (code: number, ...result: Result | []) => void;

/** Which operation is being answered, and where its faults are told. */
export interface Asked {
  readonly op: string;
  readonly log: Logger;
}

/**
 * The one gate between the kernel and an operation: exactly one answer, whatever happens. An exception that got out would end the
 * process and leave a dead mount; a missing answer would hold the caller, deaf even to SIGKILL.
 */
export function answer<Result extends unknown[]>(
  asked: Asked,
  reply: Reply<Result>,
  run: () => Result | [],
): void {
  let code = 0;
  let result: Result | [] = [];
  try {
    result = run();
  } catch (error) {
    code = failure(asked, error);
  }
  reply(code, ...result);
}

/** The same for read and write, whose answer is a number of bytes in the place of the code. */
export function answerCount(asked: Asked, reply: (count: number) => void, run: () => number): void {
  let count: number;
  try {
    count = run();
  } catch (error) {
    count = failure(asked, error);
  }
  reply(count);
}

function failure({ op, log }: Asked, error: unknown): number {
  const errno = toErrno(error);
  // Without the stack: programs run into refusals all day, and most of all into names that are not there.
  if (!isForeseen(error)) log.error({ op, err: error }, 'file operation failed');
  else if (errno !== constants.errno.ENOENT)
    log.debug({ op, errno, reason: String(error) }, 'file operation refused');
  return -errno;
}
