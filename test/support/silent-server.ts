import { type AddressInfo, createServer, type Socket } from 'node:net';
import { gate } from './gate.ts';
import type { Ends } from './program.ts';

/** A server that takes connections and never says a word. */
export interface SilentServer {
  readonly url: URL;
  /** Somebody has sent a request. */
  readonly asked: Promise<void>;
}

export async function startSilentServer(ends: Ends): Promise<SilentServer> {
  const sockets: Socket[] = [];
  const asked = gate();
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => asked.open());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.add(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}/`), asked: asked.passed };
}
