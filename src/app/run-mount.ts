import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type AdHoc } from '../config/ad-hoc.ts';
import { type Config, isEmbeddedDefault, type MountConfig } from '../config/config.ts';
import { toHttp } from '../config/webcal-url.ts';
import { ConfigError, UsageError } from '../core/errors.ts';
import { assertMountable } from '../fs/preflight.ts';
import type { LogLevel } from '../lib/logger.ts';
import { type ConfigSource, loadFrom, pinned } from './config-source.ts';
import { startDaemon } from './daemonize.ts';
import { ensureEmbeddedFolders, howToAddAccount } from './embedded-default.ts';
import type { EngineStart } from './ipc.ts';
import { openLog } from './log.ts';
import { MountSession } from './mount-session.ts';
import { readAnew, tellKept } from './reload-mount.ts';
import { askPrompted } from './prompted.ts';
import { onStopSignals } from './signals.ts';
import { ensureStateFolder, statePaths } from './state-paths.ts';
import { hasTerminal } from './terminal.ts';
import { unsentWords } from './unsent-words.ts';

export interface MountFlags {
  readonly daemon: boolean;
  readonly readOnly: boolean;
  readonly allowOther: boolean;
  readonly url?: string;
  readonly type?: AdHoc['type'];
  readonly username?: string;
  readonly vdir?: string;
}

export interface RunMountOptions {
  readonly configPath: string | undefined;
  readonly logLevel: LogLevel;
  readonly env: NodeJS.ProcessEnv;
  readonly directory: string | undefined;
  readonly flags: MountFlags;
  readonly say: (line: string) => void;
}

/** Everything that a process needs to serve a mount, in a form that can be sent to another one. */
export interface MountOrder {
  readonly start: EngineStart;
  readonly directory: string;
  readonly readOnly: boolean;
  readonly allowOther: boolean;
}

/**
 * `pimsync mount`: in the foreground until it is stopped or unmounted, or as a daemon, returning once the mount is live.
 * @throws UsageError, ConfigError, MountError, BusyError, StateError; then nothing is mounted
 */
export async function runMount(options: RunMountOptions): Promise<void> {
  const { configPath, env, flags, logLevel, say } = options;
  const chosen = chooseSource(options);
  const config = await loadFrom(chosen, env);
  const source = settled(chosen, config);
  for (const warning of config.warnings) say(`pimsync: ${warning}`);
  const mount = mountOf(config);
  const directory = resolve(options.directory ?? mount.path);
  const paths = statePaths(config.statePath);
  ensureStateFolder(paths);
  if (source.type === 'file' && isEmbeddedDefault(config)) await prepareEmbedded(config, options);
  const order: MountOrder = {
    start: {
      type: 'start',
      source,
      prompted: await askPrompted(config, storagesInUse(config)),
      logLevel,
      logFile: flags.daemon ? paths.log : undefined,
    },
    directory,
    readOnly: flags.readOnly,
    allowOther: flags.allowOther,
  };
  if (flags.daemon) {
    const pid = await startDaemon(order);
    return say(
      `${directory} is mounted by process ${pid}; "pimsync${configPath === undefined ? '' : ` -c ${configPath}`} unmount ${directory}" ends it`,
    );
  }
  const pending = await serveMount(order, env, (mountpoint) =>
    say(`${mountpoint} is mounted; Ctrl-C unmounts it`),
  );
  if (pending === undefined || pending > 0) {
    say(`pimsync: ${unsentWords(pending)}`);
  }
}

/** Serves a mount from this process until it ends. @returns how many edits are still to be sent, as far as known */
export async function serveMount(
  order: MountOrder,
  env: NodeJS.ProcessEnv,
  onLive: (mountpoint: string) => void,
): Promise<number | undefined> {
  const { directory, readOnly, allowOther } = order;
  // The engine, and every one that follows it, has the configuration that was found good here, whatever becomes of the file.
  const start = { ...order.start, source: await pinned(order.start.source, env) };
  const config = await loadFrom(start.source, env);
  const mount = mountOf(config);
  const log = openLog(start.logLevel, start.logFile);
  const paths = statePaths(config.statePath);
  const mountpoint = await assertMountable({
    mountpoint: directory,
    allowOther,
    outside: [paths.folder, ...vdirPaths(config)],
    log,
  });
  // A current directory inside the mount would have the file server wait for itself.
  process.chdir('/');
  const session = new MountSession({ config, mount, mountpoint, readOnly, allowOther, start, log });
  // Before the mount is there, so that no signal can leave one behind.
  onStopSignals((how) => void session.stop(how));
  let running = { config, source: order.start.source, directory };
  const reload = async (): Promise<void> => {
    const wanted = await readAnew(running, env, log);
    if (!wanted) return;
    const failure = await session.reload({ ...start, source: wanted.source });
    if (failure) return tellKept(failure, log);
    running = { ...running, config: wanted.config };
    log.info({}, 'the configuration was read anew');
  };
  const hadTerminal = hasTerminal();
  process.on('SIGHUP', () => {
    // A terminal that is closed ends what ran in it.
    if (hadTerminal && !hasTerminal()) void session.stop('in peace');
    else
      // A bug here is no reason to take the mount away from under its users.
      void reload().catch((error: unknown) =>
        log.error({ err: error }, 'the configuration could not be read anew; the old one stays'),
      );
  });
  process.on('SIGUSR1', () => session.syncNow());
  await session.begin();
  onLive(mountpoint);
  return (await session.finished()).pending;
}

function chooseSource({ configPath, directory, flags, env }: RunMountOptions): ConfigSource {
  const { url, vdir, type, username } = flags;
  if (url === undefined && vdir === undefined) {
    if (type !== undefined || username !== undefined)
      throw new UsageError('--type and --username go with --url or --vdir');
    return { type: 'file', path: configPath };
  }
  if (url !== undefined && vdir !== undefined)
    throw new UsageError('--url and --vdir describe one storage each; give one of them');
  if (configPath !== undefined)
    throw new UsageError('--url and --vdir are for a mount without a configuration; leave out -c');
  if (directory === undefined)
    throw new UsageError('name the folder to mount on: pimsync mount DIR --url URL');
  const home = env['HOME'] ?? '/';
  return { type: 'ad-hoc', storage: adHocStorage(flags, home), mountpoint: resolve(directory) };
}

/** The engine and the daemon work in another folder and read the file again: they get its full path. */
const settled = (source: ConfigSource, { path }: Config): ConfigSource =>
  source.type === 'file' && path !== undefined ? { type: 'file', path } : source;

function adHocStorage(flags: MountFlags, home: string): AdHoc {
  return flags.url === undefined ? adHocFolder(flags, home) : adHocAccount(flags.url, flags);
}

function adHocFolder({ vdir, type = 'vdir/icalendar', username }: MountFlags, home: string): AdHoc {
  if (username !== undefined) throw new UsageError('--username goes with --url; a folder asks for none');
  if (type === 'caldav' || type === 'carddav' || type === 'webcal')
    throw new UsageError(`--type ${type} goes with --url`);
  const path = resolve(vdir?.replace(/^~(?=\/)/, home) ?? '');
  if (!existsSync(path)) throw new UsageError(`there is no folder ${path}`);
  return { type, path };
}

function adHocAccount(url: string, { type: wanted, username }: MountFlags): AdHoc {
  const type = wanted ?? (/^webcals?:/i.test(url) ? 'webcal' : 'caldav');
  if (type !== 'caldav' && type !== 'carddav' && type !== 'webcal')
    throw new UsageError(`--type ${type} goes with --vdir`);
  const meant = type === 'webcal' ? toHttp(url) : url;
  if (!/^https?:\/\//.test(meant) || !URL.canParse(meant))
    throw new UsageError(`"${url}" is no URL; write https://…${type === 'webcal' ? ' or webcals://…' : ''}`);
  const { username: inUrl, password } = new URL(meant);
  if (inUrl !== '' || password !== '')
    throw new UsageError('leave user and password out of the URL; use --username and $PIMSYNC_PASSWORD');
  return { type, url, username };
}

function mountOf({ mount, path }: Config): MountConfig {
  if (mount) return mount;
  throw new ConfigError(
    `${path ?? 'the configuration'} has no [mount]; add one with path and storages, as in mount.example.toml`,
  );
}

async function prepareEmbedded(
  config: Config,
  { env, say }: Pick<RunMountOptions, 'env' | 'say'>,
): Promise<void> {
  await ensureEmbeddedFolders(config);
  const folders = vdirPaths(config).join(' and ');
  say(`No configuration yet: mounting the local folders ${folders}; ${howToAddAccount(env)}.`);
}

const vdirPaths = ({ storages }: Config): string[] =>
  [...storages.values()].flatMap((storage) =>
    storage.type === 'vdir/icalendar' || storage.type === 'vdir/vcard' ? [storage.path] : [],
  );

/** Mounted, or in a pair, which the mount's engine keeps in step as well. */
const storagesInUse = ({ mount, pairs }: Config): Set<string> =>
  new Set([...(mount?.storages ?? []), ...[...pairs.values()].flatMap(({ a, b }) => [a, b])]);
