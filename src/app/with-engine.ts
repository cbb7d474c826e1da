import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { openDatabase } from '../cache/database.ts';
import type { Config } from '../config/config.ts';
import { HistoryPurge } from '../cache/history-limits.ts';
import { BusyError } from '../core/errors.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { ask, type Request } from './control.ts';
import type { Engine } from './engine.ts';
import { purgeHistory } from './history-keeper.ts';
import { askPrompted } from './prompted.ts';
import { type HeldState, holdState } from './state-folder.ts';
import { type StatePaths, statePaths } from './state-paths.ts';
import { openEngine } from './wiring.ts';

export interface EngineWork {
  /** For a running engine. */
  readonly request: Request;
  /** The same, done here where none is running. */
  readonly here: (engine: Engine) => Promise<unknown>;
  /** What is needed for it; passwords that are typed are asked for these. */
  readonly storages: ReadonlySet<string>;
  /** It leaves nothing behind, not even an empty state folder. */
  readonly forgetful: boolean;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Passwords that were typed before, by storage; what is typed is added. */
  readonly typed?: Map<string, string> | undefined;
}

/** Who has the state is about to take requests, or to let go, within that time; or it is another `sync`, which does neither. */
const HANDOVER_MS = 3_000;
const LOOK_EVERY_MS = 100;

/**
 * Has the running engine do something where there is one, else is the engine for this once.
 * @returns plain data
 * @throws ConfigError, StateError, BusyError; ServerError when a running engine does not answer; what it answered with; the signal's reason
 */
export async function withEngine(config: Config, work: EngineWork): Promise<unknown> {
  const { request, signal } = work;
  const paths = statePaths(config.statePath);
  const deadlineMs = Date.now() + HANDOVER_MS;
  for (;;) {
    const answered = await ask(paths.socket, request, { signal });
    if (answered !== undefined) return answered;
    const state = await tryHold(paths, work, Date.now() > deadlineMs);
    if (state) return workHere(config, state, work);
    await wait(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** @returns undefined when another process has the state, and it is not the last try */
async function tryHold(
  paths: StatePaths,
  { forgetful }: EngineWork,
  isLast: boolean,
): Promise<HeldState | undefined> {
  if (forgetful && !existsSync(paths.database)) return passingState();
  try {
    return await holdState(paths);
  } catch (error) {
    if (error instanceof BusyError && !isLast) return undefined;
    throw error;
  }
}

function passingState(): HeldState {
  const db = openDatabase(':memory:');
  return { db, release: async () => void db.close() };
}

async function workHere(config: Config, state: HeldState, work: EngineWork): Promise<unknown> {
  const { storages, forgetful, log, signal, typed, here } = work;
  try {
    const engine = openEngine({
      config,
      prompted: await askPrompted(config, storages, signal, typed),
      db: state.db,
      clock: systemClock,
      log,
      publisher: () => undefined,
      hurry: () => true,
      forgetful,
      atTerminal: isatty(0) && isatty(1),
      signal,
    });
    try {
      const result = await here(engine);
      if (!forgetful) await purgeHistory(new HistoryPurge(state.db), systemClock, signal);
      return result;
    } finally {
      await engine.close();
    }
  } finally {
    await state.release();
  }
}
