import { type ChildProcess, fork } from 'node:child_process';
import { BusyError, type PimsyncError, StateError } from '../core/errors.ts';
import { withoutFuse } from '../fs/shield.ts';
import type { Logger } from '../lib/logger.ts';
import { fromForeign } from './foreign-error.ts';
import { ENGINE_ARGUMENT, type EngineStart, send, type ToEngine, type ToFileServer } from './ipc.ts';

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;
/** On top of what an engine was given for a task: one that takes longer hangs, and must not keep the mount from ending. */
const MARGIN_MS = 5_000;
/** For ending at a safe point, which may wait for an answer of a server that was under way. */
const STOP_MS = 10_000;

/** Starts the program anew under that argument. */
export type StartEngine = (argument: string) => ChildProcess;

const startEngine: StartEngine = (argument) =>
  withoutFuse(['ignore', 'inherit', 'inherit', 'ipc'], (stdio) =>
    fork(process.argv[1] ?? '', [argument], { cwd: '/', stdio }),
  );

export interface SupervisorOptions {
  readonly start: EngineStart;
  readonly log: Logger;
  readonly onUnmountRequest: (waitMs: number) => void;
  /** An engine that was started anew wants to be told of the mount. */
  readonly onRestart: () => void;
  /** Tests put another program in its place. */
  readonly startEngine?: StartEngine;
}

/** Starts the engine as a child and keeps one running: when it dies, a new one is started, with growing pauses. */
export class EngineSupervisor {
  readonly #options: SupervisorOptions;
  /** What the next engine is started with. */
  #start: EngineStart;
  /** Goes up when an engine is dismissed: whatever was under way with it does not count any more. */
  #era = 0;
  #child: ChildProcess | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  #drained: ((pending: number) => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#start = options.start;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the first engine has the state. @throws what kept it from starting */
  async start(): Promise<void> {
    const failure = await this.#launch();
    if (!failure) return;
    this.#stopping = true;
    throw failure;
  }

  send(message: ToEngine): void {
    if (this.#child) send(this.#child, message);
  }

  /** Has everything pending sent, for at most `timeoutMs`. @returns how many edits are left; undefined when no engine tells */
  async drain(timeoutMs: number): Promise<number | undefined> {
    const child = this.#child;
    if (!child) return undefined;
    const answer = new Promise<number | undefined>((resolve) => {
      this.#drained = resolve;
      child.once('exit', () => resolve(undefined));
    });
    send(child, { type: 'drain', timeoutMs });
    return within(timeoutMs + MARGIN_MS, answer);
  }

  /** Ends the engine and waits for it; a running synchronisation stops at a safe point. One that hangs is killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child) await endOf(child, () => child.connected && child.disconnect());
  }

  /**
   * Puts an engine with another configuration in the place of the one that runs, which ends at a safe point. When it cannot start, an
   * engine with the old configuration follows.
   * @returns why it cannot; undefined when it has started, or will as soon as the state is free
   */
  async replace(start: EngineStart): Promise<PimsyncError | undefined> {
    const before = this.#start;
    await this.#dismiss();
    if (this.#stopping) return undefined;
    this.#start = start;
    const failure = await this.#launch();
    if (!failure) this.#options.onRestart();
    // A short `pimsync sync` may have come in between.
    if (!failure || failure instanceof BusyError) return undefined;
    this.#start = before;
    return failure;
  }

  /** Has the engine end without taking that for a crash. */
  async #dismiss(): Promise<void> {
    clearTimeout(this.#restart);
    this.#era += 1;
    const child = this.#child;
    this.#child = undefined;
    if (child) await endOf(child, () => send(child, { type: 'replaced' }));
  }

  /** Ends the engine at once; for a second signal. */
  kill(): void {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
  }

  /** @returns why it did not start; undefined when it is ready */
  #launch(): Promise<PimsyncError | undefined> {
    const child = (this.#options.startEngine ?? startEngine)(ENGINE_ARGUMENT);
    const startedMs = Date.now();
    this.#child = child;
    send(child, this.#start);
    return new Promise((resolve) => {
      child.on('message', (message: ToFileServer) => {
        if (message.type === 'ready') resolve(undefined);
        else if (message.type === 'failed') resolve(fromForeign(message));
        else this.#receive(message);
      });
      child.on('error', (cause) => {
        resolve(new StateError(`the engine cannot be started: ${cause.message}`, { cause }));
        // Without a process there is no exit either.
        if (child.pid === undefined) this.#ended(child, null, null);
      });
      child.once('exit', (code, signal) => {
        resolve(new StateError(`the engine ended (${signal ?? `status ${code}`}) before it was ready`));
        if (Date.now() - startedMs > MAX_PAUSE_MS) this.#pauseMs = FIRST_PAUSE_MS;
        this.#ended(child, code, signal);
      });
    });
  }

  #receive(message: Exclude<ToFileServer, { type: 'ready' | 'failed' }>): void {
    if (message.type === 'drained') this.#drained?.(message.pending);
    else this.#options.onUnmountRequest(message.waitMs);
  }

  #ended(child: ChildProcess, code: number | null, signal: string | null): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (this.#stopping) return;
    this.#options.log.error(
      { code, signal, pauseMs: this.#pauseMs },
      'the engine ended; the mount stays usable and a new engine is started',
    );
    this.#restart = setTimeout(() => void this.#relaunch(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, MAX_PAUSE_MS);
  }

  async #relaunch(): Promise<void> {
    const era = this.#era;
    const failure = await this.#launch();
    if (era !== this.#era) return;
    if (failure)
      return this.#options.log.error({ reason: failure.message }, 'the engine could not be started anew');
    this.#options.onRestart();
  }
}

/** Asks a process to end, and waits for it; one that hangs is killed. */
async function endOf(child: ChildProcess, ask: () => unknown): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<true>((resolve) => {
    child.once('exit', () => resolve(true));
  });
  ask();
  if (await within(STOP_MS, gone)) return;
  child.kill('SIGKILL');
  await gone;
}

/** @returns undefined when it takes longer */
async function within<T>(ms: number, task: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([task, elapsed]);
  } finally {
    clearTimeout(timer);
  }
}
