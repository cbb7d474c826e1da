import type { StatusStore } from '../core/status.ts';

const NOTHING_READ = { token: undefined, state: undefined };

/** The memory of a mapping that a dry run sees for the first time: opening the real one would create it. */
export const emptyStatus: StatusStore = {
  get: () => undefined,
  byHref: () => undefined,
  all: () => [],
  count: () => 0,
  base: () => undefined,
  put() {},
  forget() {},
  removed() {},
  removedSince: () => 0,
  properties: () => new Map(),
  putProperties() {},
  unfinished: () => [],
  finish() {},
  settings: () => undefined,
  progress: () => NOTHING_READ,
  lastCompleteAtMs: () => undefined,
  setLastComplete() {},
};
