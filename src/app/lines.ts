import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** Calls back for each line that comes in. A connection that breaks is told of by its own events alone. */
export function onLines(socket: Socket, take: (line: string) => void): void {
  const lines = createInterface({ input: socket, crlfDelay: Infinity });
  // readline hands the error of its input on, and one that nobody listens to ends the process.
  lines.on('error', () => {});
  lines.on('line', take);
}
