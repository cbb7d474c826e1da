import { setPriority } from 'node:os';
import type { Publisher } from '../cache/publisher.ts';
import { BusyError, PimsyncError } from '../core/errors.ts';
import { loadFrom } from './config-source.ts';
import { EngineHost } from './engine-host.ts';
import { type EngineStart, send, type ToEngine } from './ipc.ts';
import { openLog } from './log.ts';
import { ReportPrinter } from './report-printer.ts';

/** Below the file server: a first sync of thousands of items never delays a `stat` (measured in bench/). */
const NICENESS = 5;

/**
 * The engine beside a mount: a child of the file server, told what to do over the channel. When the channel closes the file server is
 * gone, and this process ends; what was edited is in the database and goes out at the next start.
 */
export async function runEngineProcess(): Promise<void> {
  setPriority(NICENESS);
  // A hanging current directory inside the mount would make it busy for ever.
  process.chdir('/');
  // Ctrl-C reaches the whole group; the file server decides when this process ends.
  process.on('SIGINT', () => {});
  const start = await firstMessage();
  const session = new EngineSession(start);
  process.on('message', (message: ToEngine) => session.receive(message));
  process.once('disconnect', () => void session.end());
  await session.begin();
}

class EngineSession {
  readonly #start: EngineStart;
  #host: EngineHost | undefined;
  #publisher: Publisher | undefined;
  #unmounted: ((result: { pending: number; error: string | undefined }) => void) | undefined;

  constructor(start: EngineStart) {
    this.#start = start;
  }

  async begin(): Promise<void> {
    const { source, prompted, logLevel, logFile } = this.#start;
    try {
      const log = openLog(logLevel, logFile);
      const printer = new ReportPrinter(log);
      this.#host = new EngineHost({
        config: await loadFrom(source, process.env),
        prompted,
        log,
        publisher: () => this.#publisher,
        onReport: (report) => printer.print(report),
        onUnmount: (waitMs) => this.#askToUnmount(waitMs),
      });
      send(process, { type: 'ready' });
    } catch (error) {
      const code = error instanceof PimsyncError ? error.code : 'state';
      send(process, { type: 'failed', message: (error as Error).message, code });
      process.disconnect();
    }
  }

  receive(message: ToEngine): void {
    switch (message.type) {
      case 'start':
        return;
      case 'mounted':
        return void this.#beginToServe(message.mountpoint);
      case 'edited':
        return this.#host?.edited();
      case 'touch':
        // Lost touches are made up for by the next change; the file server has answered with the new time already.
        return void this.#publisher?.publish(message).catch(() => {});
      case 'drain':
        return void this.#drain(message.timeoutMs);
      case 'sync-now':
        return void this.#host?.syncNow();
      case 'unmounted':
        return this.#unmounted?.(message);
    }
  }

  async #beginToServe(mountpoint: string): Promise<void> {
    const host = this.#host;
    if (!host) return;
    this.#publisher = host.mountedAt(mountpoint);
    await host.start();
  }

  /** The file server is gone: nothing can be published any more. */
  async end(): Promise<void> {
    this.#publisher = undefined;
    await this.#host?.close();
  }

  async #drain(timeoutMs: number): Promise<void> {
    send(process, { type: 'drained', pending: (await this.#host?.drain(timeoutMs)) ?? 0 });
  }

  async #askToUnmount(waitMs: number): Promise<number> {
    const answer = new Promise<{ pending: number; error: string | undefined }>((resolve) => {
      this.#unmounted = resolve;
    });
    send(process, { type: 'unmount-requested', waitMs });
    const { pending, error } = await answer;
    if (error !== undefined) throw new BusyError(error);
    return pending;
  }
}

function firstMessage(): Promise<EngineStart> {
  return new Promise((resolve) => {
    process.once('message', (message) => resolve(message as EngineStart));
  });
}
