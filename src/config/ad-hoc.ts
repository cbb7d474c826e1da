import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Config, StorageConfig } from './config.ts';
import { defaultStatePath } from './default-config.ts';
import type { Surroundings } from './paths.ts';
import { DEFAULTS } from './schema.ts';
import type { SecretSource } from './secret.ts';
import { feedNameOf, toHttp } from './webcal-url.ts';

/** One storage described on the command line, for `pimsync mount DIR` without a configuration. */
export type AdHoc =
  | {
      readonly type: 'caldav' | 'carddav' | 'webcal';
      readonly url: string;
      readonly username: string | undefined;
    }
  | { readonly type: 'vdir/icalendar' | 'vdir/vcard'; readonly path: string };

/** Where the password of an account on the command line is looked for before it is asked for. */
const PASSWORD_VARIABLE = 'PIMSYNC_PASSWORD';

/**
 * A configuration for one storage, mounted flat: DIR/collection/item. Each account or folder has a state of its own, so that mounting
 * another one does not meet its files.
 */
export function adHocConfig(wanted: AdHoc, mountpoint: string, surroundings: Surroundings): Config {
  const storage = 'url' in wanted ? remote(wanted, surroundings) : vdir(wanted);
  return {
    path: undefined,
    statePath: join(adHocFolder(surroundings), fingerprint(wanted)),
    storages: new Map([[storage.name, storage]]),
    mount: {
      path: mountpoint,
      ...AD_HOC_VIEW,
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

/** Holds the state folders of all mounts that were made without a configuration. */
export const adHocFolder = (surroundings: Surroundings): string =>
  join(defaultStatePath(surroundings), 'ad-hoc');

/** What such a mount shows. */
export const AD_HOC_VIEW = { layout: 'flat', storages: ['account'] } as const;

const common = {
  noDelete: false,
  name: AD_HOC_VIEW.storages[0],
  readOnly: false,
  maxItemBytes: DEFAULTS.maxItemBytes,
} as const;

function remote(wanted: Extract<AdHoc, { url: string }>, { env }: Surroundings): StorageConfig {
  const { type, username } = wanted;
  const url = new URL(type === 'webcal' ? toHttp(wanted.url) : wanted.url);
  const parts = {
    ...common,
    url,
    username,
    password: username === undefined ? undefined : passwordSource(env),
    timeoutMs: undefined,
    maxResponseBytes: DEFAULTS.maxResponseBytes,
    userAgent: undefined,
    tlsRoot: undefined,
    headers: {},
  };
  const intervalMs = DEFAULTS.davIntervalMs;
  switch (type) {
    case 'caldav':
      return { ...parts, type, kind: 'calendar', intervalMs, window: undefined };
    case 'carddav':
      return { ...parts, type, kind: 'contact', intervalMs, window: undefined };
    case 'webcal':
      return {
        ...parts,
        type,
        kind: 'calendar',
        intervalMs: DEFAULTS.webcalIntervalMs,
        readOnly: true,
        collection: feedNameOf(url),
      };
  }
}

const passwordSource = (env: NodeJS.ProcessEnv): SecretSource =>
  env[PASSWORD_VARIABLE] === undefined ? { type: 'prompt' } : { type: 'env', variable: PASSWORD_VARIABLE };

const vdir = ({ type, path }: Extract<AdHoc, { path: string }>): StorageConfig => ({
  ...common,
  intervalMs: DEFAULTS.vdirIntervalMs,
  type,
  kind: type === 'vdir/icalendar' ? 'calendar' : 'contact',
  path,
  fileext: undefined,
  watch: true,
  postHook: undefined,
  preDeletionHook: undefined,
});

const fingerprint = (wanted: AdHoc): string =>
  createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 16);
