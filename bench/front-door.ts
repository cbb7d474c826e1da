import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Setting } from './setting.ts';

/**
 * A way to a server that can be made longer. Bytes come out as they went in, each half a round trip later, as from a long cable:
 * connections do not wait for one another, and any number of bytes is under way at once. Opening a connection takes a round trip too.
 * Not `tc netem`: that needs root and a kernel module, delays every program that uses the loopback interface, and stays there when
 * the benchmark dies.
 */
export class FrontDoor {
  /** What clients are told; stays the same wherever the way leads. */
  readonly url: URL;
  /** Holds for connections that are opened from now on, as does `target`. */
  roundTripMs = 0;
  target: URL;

  private constructor(port: number, target: URL) {
    this.url = new URL(`http://127.0.0.1:${port}/`);
    this.target = target;
  }

  static async start(target: URL, { atEnd }: Setting): Promise<FrontDoor> {
    const open = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const door = new FrontDoor((server.address() as AddressInfo).port, target);
    server.on('connection', (near: Socket) => {
      const far = door.#connect();
      for (const socket of [near, far]) {
        open.add(socket);
        socket.once('close', () => open.delete(socket));
      }
      join(near, far, door.roundTripMs);
    });
    atEnd(async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    });
    return door;
  }

  #connect(): Socket {
    const { hostname, port } = this.target;
    return connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
  }
}

function join(near: Socket, far: Socket, roundTripMs: number): void {
  const openedMs = performance.now() + roundTripMs;
  carry(near, new Cable(far, roundTripMs / 2, openedMs));
  carry(far, new Cable(near, roundTripMs / 2, 0));
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const)
    // What was under way when a connection broke is lost, as anywhere.
    one.on('error', () => other.destroy());
}

function carry(from: Socket, cable: Cable): void {
  from.on('data', (bytes: Buffer) => cable.put(bytes));
  from.on('end', () => cable.put('end'));
}

/** One direction of a connection. */
class Cable {
  readonly #to: Socket;
  readonly #delayMs: number;
  readonly #openedMs: number;
  readonly #underWay: { readonly load: Buffer | 'end'; readonly dueMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(to: Socket, delayMs: number, openedMs: number) {
    this.#to = to;
    this.#delayMs = delayMs;
    this.#openedMs = openedMs;
  }

  put(load: Buffer | 'end'): void {
    const sentMs = Math.max(performance.now(), this.#openedMs);
    this.#underWay.push({ load, dueMs: sentMs + this.#delayMs });
    this.#deliver();
  }

  #deliver(): void {
    const nowMs = performance.now();
    let next = this.#underWay[0];
    for (; next && next.dueMs <= nowMs; next = this.#underWay[0]) {
      this.#underWay.shift();
      if (next.load === 'end') this.#to.end();
      else this.#to.write(next.load);
    }
    if (!next || this.#timer) return;
    const again = (): void => {
      this.#timer = undefined;
      this.#deliver();
    };
    this.#timer = setTimeout(again, Math.ceil(next.dueMs - nowMs));
  }
}
