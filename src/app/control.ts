import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { BusyError, ServerError, StateError } from '../core/errors.ts';

/** What a running engine can be asked over its socket. */
export type Request =
  | {
      readonly op: 'sync';
      readonly selection: readonly string[];
      readonly allowEmpty: boolean;
      readonly dryRun: boolean;
    }
  | { readonly op: 'status' }
  | { readonly op: 'unmount'; readonly waitMs: number };

export type Reply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly message: string; readonly code: string };

export type Handler = (request: Request) => Promise<unknown>;

/** A request is one line; longer ones are not ours. */
const MAX_LINE = 1_000_000;
/** sun_path of Linux is 108 bytes with its end mark. */
const MAX_SOCKET_PATH = 107;

export interface ControlServer {
  /** Takes no more requests, lets those under way be answered, then ends. */
  close(): Promise<void>;
}

/**
 * Takes requests on a unix socket: one JSON line in, one JSON line out, as many as wanted one after another. The folder is 0700 and
 * the socket 0600, so that only the owner gets in. To be called by the holder of the state lock, which is why a left-over socket
 * file may be removed.
 */
export async function serveControl(path: string, handler: Handler): Promise<ControlServer> {
  rmSync(path, { force: true });
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new StateError(`the path ${path} is too long for a unix socket; set a shorter state_path`);
  }
  const connections = new Set<Socket>();
  const underWay = new Set<Promise<void>>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
      const reply = serveLine(socket, line, handler);
      underWay.add(reply);
      void reply.finally(() => underWay.delete(reply));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await Promise.allSettled(underWay);
      for (const connection of connections) connection.end();
      await closed;
    },
  };
}

/** Resolves when the reply is with the kernel, or the asker is gone. */
async function serveLine(socket: Socket, line: string, handler: Handler): Promise<void> {
  if (line.length > MAX_LINE) return void socket.destroy();
  const reply = `${JSON.stringify(await answer(line, handler))}\n`;
  if (socket.writable) await new Promise<void>((resolve) => socket.write(reply, () => resolve()));
}

async function answer(line: string, handler: Handler): Promise<Reply> {
  try {
    return { ok: true, result: (await handler(JSON.parse(line) as Request)) ?? null };
  } catch (error) {
    const { message, code } = error as Error & { code?: unknown };
    return { ok: false, message, code: typeof code === 'string' ? code : 'server' };
  }
}

/**
 * Asks the running engine; `undefined` when none is running there.
 * @throws ServerError when it answered with a failure or went away before answering
 */
export async function ask(path: string, request: Request): Promise<unknown> {
  const socket = await connect(path);
  if (!socket) return undefined;
  try {
    const line = await exchange(socket, JSON.stringify(request));
    if (line === undefined) throw new ServerError('the running pimsync ended before it answered');
    const reply = JSON.parse(line) as Reply;
    if (reply.ok) return reply.result;
    throw reply.code === 'busy' ? new BusyError(reply.message) : new ServerError(reply.message);
  } finally {
    socket.destroy();
  }
}

/** @returns the first line of the answer; undefined when the other side closed or broke off before */
function exchange(socket: Socket, line: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    createInterface({ input: socket, crlfDelay: Infinity }).once('line', resolve);
    socket.once('close', () => resolve(undefined));
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
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else
        reject(
          new ServerError(`the running pimsync cannot be asked over ${path}: ${error.message}`, {
            cause: error,
          }),
        );
    });
  });
}
