import { join } from 'node:path';
import type { Config, VdirStorageConfig } from './config.ts';
import { type Surroundings, xdgFolder } from './paths.ts';
import { DEFAULTS } from './schema.ts';

export const defaultStatePath = (surroundings: Surroundings): string =>
  join(xdgFolder('XDG_STATE_HOME', '.local/state', surroundings), 'pimsync');

/** What holds when there is no configuration file at all: two local folders, mounted. */
export function embeddedDefault(surroundings: Surroundings): Config {
  const data = join(xdgFolder('XDG_DATA_HOME', '.local/share', surroundings), 'pimsync');
  const common = {
    readOnly: false,
    noDelete: false,
    intervalMs: DEFAULTS.vdirIntervalMs,
    maxItemBytes: DEFAULTS.maxItemBytes,
    fileext: undefined,
    watch: true,
    postHook: undefined,
    preDeletionHook: undefined,
  };
  const storages: readonly VdirStorageConfig[] = [
    {
      ...common,
      name: 'calendars',
      type: 'vdir/icalendar',
      kind: 'calendar',
      path: join(data, 'calendars'),
    },
    { ...common, name: 'contacts', type: 'vdir/vcard', kind: 'contact', path: join(data, 'contacts') },
  ];
  return {
    path: undefined,
    statePath: defaultStatePath(surroundings),
    storages: new Map(storages.map((storage) => [storage.name, storage])),
    mount: {
      path: join(surroundings.home, 'calendars'),
      storages: storages.map(({ name }) => name),
      layout: 'nested',
      writeDelayMs: DEFAULTS.writeDelayMs,
      deleteDelayMs: DEFAULTS.deleteDelayMs,
      historyMs: DEFAULTS.historyMs,
      historyBytes: DEFAULTS.historyBytes,
      conflict: DEFAULTS.conflict,
    },
    pairs: new Map(),
    warnings: [],
  };
}
