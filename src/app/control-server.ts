import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { PimsyncError, ServerError, StateError } from '../core/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { type Reply, type Request, SIGN_OF_LIFE_MS } from './control.ts';
import { toForeign } from './foreign-error.ts';
import { onLines } from './lines.ts';

export type Handler = (request: Request) => Promise<unknown>;

export interface ControlServer {
  /** Takes no more requests, lets those under way be answered, then ends. */
  close(): Promise<void>;
}

/** A request is one line; longer ones are not ours. */
const MAX_LINE = 1_000_000;
/** sun_path of Linux is 108 bytes with its end mark. */
const MAX_SOCKET_PATH = 107;
/** For taking in an answer while we end. */
const FAREWELL_MS = 1_000;

/**
 * Takes requests on a unix socket: one JSON line in, one JSON line out, as many as wanted one after another. The folder is 0700 and
 * the socket 0600, so that only the owner gets in. To be called by the holder of the state lock, which is why a left-over socket
 * file may be removed.
 * @throws StateError when there can be no socket of that path
 */
export async function serveControl(path: string, handler: Handler, log: Logger): Promise<ControlServer> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH)
    throw new StateError(`the path ${path} is too long for a unix socket; set a shorter state_path`);
  const connections = new Connections(handler, log);
  const server = createServer((socket) => connections.add(socket));
  try {
    rmSync(path, { force: true });
    await listen(server, path);
    chmodSync(path, 0o600);
  } catch (cause) {
    server.close();
    throw new StateError(`the control socket ${path} cannot be made: ${(cause as Error).message}`, { cause });
  }
  return {
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await connections.end();
      await closed;
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

class Connections {
  readonly #handler: Handler;
  readonly #log: Logger;
  readonly #open = new Set<Socket>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(handler: Handler, log: Logger) {
    this.#handler = handler;
    this.#log = log;
  }

  add(socket: Socket): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', () => socket.destroy());
    onLines(socket, (line) => {
      const reply = this.#serveLine(socket, line);
      this.#underWay.add(reply);
      void reply.finally(() => this.#underWay.delete(reply));
    });
  }

  /** Whoever does not take in its answer, or stays although it has one, does not keep us. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    for (const socket of this.#open) socket.destroySoon();
    const timer = setTimeout(() => {
      for (const socket of this.#open) socket.destroy();
    }, FAREWELL_MS);
    timer.unref();
  }

  async #serveLine(socket: Socket, line: string): Promise<void> {
    if (line.length > MAX_LINE) return void socket.destroy();
    const alive = setInterval(() => socket.writable && socket.write('\n'), SIGN_OF_LIFE_MS);
    const reply = await this.#answer(line).finally(() => clearInterval(alive));
    if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`);
  }

  async #answer(line: string): Promise<Reply> {
    try {
      return { ok: true, result: (await this.#handler(toRequest(line))) ?? null };
    } catch (error) {
      if (!(error instanceof PimsyncError)) this.#log.error({ err: error }, 'a request failed');
      return { ok: false, ...toForeign(error, 'server') };
    }
  }
}

/** Only programs of ours can get in; what they ask is checked where it is dealt with. */
function toRequest(line: string): Request {
  try {
    return JSON.parse(line) as Request;
  } catch (cause) {
    throw new ServerError('that is no request', { cause });
  }
}
