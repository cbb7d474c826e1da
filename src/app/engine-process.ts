import { setPriority } from 'node:os';
import type { Publisher } from '../cache/publisher.ts';
import { BusyError } from '../core/errors.ts';
import { findOwnMount, readMounts } from '../fs/mountinfo.ts';
import { probeMount } from '../fs/probe-mount.ts';
import { unmount } from '../fs/unmount.ts';
import type { Logger } from '../lib/logger.ts';
import { loadFrom } from './config-source.ts';
import { EngineHost } from './engine-host.ts';
import { toForeign } from './foreign-error.ts';
import { type EngineStart, firstMessage, send, type ToEngine } from './ipc.ts';
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
  // Ctrl-C, a closing terminal and systemd signal the whole group; the file server decides when this process ends, after it has had
  // everything sent. SIGUSR1 would otherwise start Node's debugger.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {});
  const start = await firstMessage<EngineStart>();
  if (!start) return;
  const session = new EngineSession(start);
  process.on('message', (message: ToEngine) => session.receive(message));
  process.once('disconnect', () => void session.end());
  await session.begin();
}

type Unmounted = Omit<Extract<ToEngine, { type: 'unmounted' }>, 'type'>;

class EngineSession {
  readonly #start: EngineStart;
  readonly #log: Logger;
  #host: EngineHost | undefined;
  #publisher: Publisher | undefined;
  #mountpoint: string | undefined;
  #replaced = false;
  /** Clients that wait for the mount to be gone. */
  #unmounting: ((result: Unmounted) => void)[] = [];

  constructor(start: EngineStart) {
    this.#start = start;
    this.#log = openLog(start.logLevel, start.logFile);
  }

  async begin(): Promise<void> {
    const { source, prompted } = this.#start;
    const log = this.#log;
    try {
      const printer = new ReportPrinter(log);
      this.#host = await EngineHost.open({
        config: await loadFrom(source, process.env),
        prompted,
        log,
        publisher: () => this.#publisher,
        onReport: (report) => printer.print(report),
        onUnmount: (waitMs) => this.#askToUnmount(waitMs),
      });
    } catch (error) {
      send(process, { type: 'failed', ...toForeign(error, 'state') });
      if (process.connected) process.disconnect();
      return;
    }
    // The file server may have gone while the state was being opened.
    if (process.connected) send(process, { type: 'ready' });
    else await this.end();
  }

  receive(message: ToEngine): void {
    switch (message.type) {
      case 'start':
        return;
      case 'mounted':
        return this.#beginToServe(message.mountpoint);
      case 'edited':
        return this.#host?.edited();
      case 'touch':
        // Lost touches are made up for by the next change; the file server has answered with the new time already.
        return void this.#publisher?.publish(message).catch(() => {});
      case 'drain':
        return void this.#drain(message.timeoutMs);
      case 'sync-now':
        return void this.#host?.syncNow();
      case 'replaced':
        return this.#leave();
      case 'unmounted':
        return this.#tellUnmounted(message);
    }
  }

  /** Hangs up, which ends this process. */
  #leave(): void {
    this.#replaced = true;
    if (process.connected) process.disconnect();
  }

  /** The file server is gone, or goes on with another engine: nothing can be published any more. */
  async end(): Promise<void> {
    this.#publisher = undefined;
    const host = this.#host;
    this.#host = undefined;
    // What a file server left behind answers nobody. While we have the state, it cannot be the mount of a successor.
    if (!this.#replaced) await this.#clearDeadMount();
    this.#tellUnmounted({ pending: 0, error: 'the process that serves the mount ended while it was asked' });
    await host?.close();
  }

  async #clearDeadMount(): Promise<void> {
    const mountpoint = this.#mountpoint;
    if (mountpoint === undefined) return;
    try {
      if (!findOwnMount(await readMounts(), mountpoint)) return;
      const { exitCode } = await probeMount(mountpoint);
      if (exitCode !== 0) await unmount(mountpoint, { lazy: true });
    } catch (error) {
      this.#log.warn({ reason: (error as Error).message }, 'the dead mount could not be taken away');
    }
  }

  #beginToServe(mountpoint: string): void {
    const host = this.#host;
    if (!host) return;
    this.#mountpoint = mountpoint;
    this.#publisher = host.mountedAt(mountpoint);
    host.start();
  }

  /** Counting fails where the database does; then nothing is known to be left. */
  async #drain(timeoutMs: number): Promise<void> {
    let pending = 0;
    try {
      pending = (await this.#host?.drain(timeoutMs)) ?? 0;
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, 'what is pending could not be sent');
    }
    send(process, { type: 'drained', pending });
  }

  async #askToUnmount(waitMs: number): Promise<number> {
    const answer = new Promise<Unmounted>((resolve) => {
      this.#unmounting.push(resolve);
    });
    send(process, { type: 'unmount-requested', waitMs });
    const { pending, error } = await answer;
    if (error !== undefined) throw new BusyError(error);
    return pending;
  }

  #tellUnmounted(result: Unmounted): void {
    for (const resolve of this.#unmounting.splice(0)) resolve(result);
  }
}
