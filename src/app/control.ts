import { createConnection, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { lockHolder } from '../cache/state-lock.ts';
import { ServerError } from '../core/errors.ts';
import type { HeldDeletions } from '../sync/engine.ts';
import type { ConflictPlace } from '../sync/read-conflict.ts';
import type { Resolution } from '../sync/resolution.ts';
import { type ForeignError, fromForeign } from './foreign-error.ts';
import type { Restoration } from './history-restore-here.ts';
import { onLines } from './lines.ts';

/** What a running engine can be asked over its socket. */
export type Request =
  | {
      readonly op: 'sync';
      readonly selection: readonly string[];
      readonly allowEmpty: boolean;
      readonly dryRun: boolean;
      readonly deletions?: HeldDeletions | undefined;
      readonly resolutions?: readonly Resolution[] | undefined;
    }
  | { readonly op: 'conflict'; readonly pair: string; readonly place: ConflictPlace }
  | ({ readonly op: 'restore' } & Restoration)
  | { readonly op: 'status' }
  | { readonly op: 'unmount'; readonly waitMs: number };

/** One JSON line. Empty lines before it say that the answer is being worked on. */
export type Reply = { readonly ok: true; readonly result: unknown } | ({ readonly ok: false } & ForeignError);

/** How often an engine that works on an answer says so. */
export const SIGN_OF_LIFE_MS = 2_000;
/** An engine may be busy with one large item for a moment; one that is silent for longer is stopped or hangs. */
const PATIENCE_MS = 15_000;

export interface AskOptions {
  /** How long no sign of life is borne with. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the running engine; `undefined` when none is running there.
 * @throws the PimsyncError that it answered with; ServerError when it does not answer; the signal's reason
 */
export async function ask(path: string, request: Request, options: AskOptions = {}): Promise<unknown> {
  const socket = await connect(path);
  if (!socket) return undefined;
  try {
    const reply = JSON.parse(await exchange(socket, JSON.stringify(request), options)) as Reply;
    if (reply.ok) return reply.result;
    throw fromForeign(reply);
  } catch (error) {
    throw error instanceof Silence ? silent(path) : error;
  } finally {
    socket.destroy();
  }
}

class Silence extends Error {}

function silent(path: string): ServerError {
  const pid = lockHolder(dirname(path));
  const [who, remedy] =
    pid === undefined
      ? ['the running pimsync', 'if it hangs, end it']
      : [`the running pimsync (process ${pid})`, `if it hangs, end it with "kill -9 ${pid}"`];
  return new ServerError(`${who} does not answer over ${path}; ${remedy}`);
}

/** @returns the first line of the answer that is not empty */
function exchange(socket: Socket, line: string, options: AskOptions): Promise<string> {
  const { patienceMs = PATIENCE_MS, signal } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const giveUp = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', giveUp, { once: true });
    socket.setTimeout(patienceMs, () => reject(new Silence()));
    onLines(socket, (text) => {
      if (text !== '') resolve(text);
    });
    socket.once('close', () => {
      signal?.removeEventListener('abort', giveUp);
      reject(new ServerError('the running pimsync ended before it answered'));
    });
    socket.write(`${line}\n`);
  });
}

function connect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(error.code ?? '')) resolve(undefined);
      else {
        const message = `the running pimsync cannot be asked over ${path}: ${error.message}`;
        reject(new ServerError(message, { cause: error }));
      }
    });
  });
}
