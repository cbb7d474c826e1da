import { parse, TomlError } from 'smol-toml';
import { ConfigError } from '../core/errors.ts';
import type { Window } from '../core/window.ts';
import type {
  Config,
  DavStorageConfig,
  MountConfig,
  PairConfig,
  RemoteStorageConfig,
  StorageConfig,
  VdirStorageConfig,
  WebcalStorageConfig,
} from './config.ts';
import type { ConflictChoice } from './conflict-choice.ts';
import { crossCheck } from './cross-check.ts';
import { defaultStatePath } from './default-config.ts';
import { type Fault, keyText } from './fault.ts';
import { LineIndex } from './line-index.ts';
import { expandHome, type Surroundings } from './paths.ts';
import {
  type DavTable,
  type MountTable,
  type PairTable,
  STORAGE_TYPES,
  type StorageType,
  type VdirTable,
  type WebcalTable,
} from './schema.ts';
import { readSections, type Sections, type StorageSection } from './sections.ts';
import type { SecretSource } from './secret.ts';
import { feedNameOf } from './webcal-url.ts';

/**
 * Makes a configuration of a file's text. Pure.
 * @param path names the file in messages and becomes `Config.path`
 * @throws ConfigError with every fault of the text, one a line
 */
export function interpretConfig(text: string, path: string, surroundings: Surroundings): Config {
  const sections = readSections(parseToml(text, path));
  const expand = (some: string): string => expandHome(some, surroundings.home);
  const statePath =
    sections.statePath === undefined ? defaultStatePath(surroundings) : expand(sections.statePath);
  const faults = [...sections.faults, ...crossCheck(sections, { statePath, expand })];
  if (faults.length > 0) throw new ConfigError(inLines(faults, path, new LineIndex(text)));
  return build(sections, { path, statePath, expand });
}

interface Frame {
  readonly path: string;
  readonly statePath: string;
  readonly expand: (path: string) => string;
}

/** The parser's own message shows the lines around, where a password may stand; only its first line is told. */
function parseToml(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    // oxlint-disable-next-line preserve-caught-error -- the cause would carry the lines with the password into the log
    throw new ConfigError(`${path}:${error.line}:${error.column}: this is not TOML: ${what}`);
  }
}

/** In the order of the file, as a compiler would. */
function inLines(faults: readonly Fault[], path: string, index: LineIndex): string {
  return faults
    .map(({ at, message }) => ({ line: index.lineOf(at) ?? 1, message: `${keyText(at)}: ${message}` }))
    .toSorted((one, other) => one.line - other.line)
    .map(({ line, message }) => `${path}:${line}: ${message}`)
    .join('\n');
}

function build({ storages, mount, pairs }: Sections, { path, statePath, expand }: Frame): Config {
  const built = [...storages].map(([name, section]): StorageConfig => buildStorage(name, section, expand));
  return {
    path,
    statePath,
    storages: new Map(built.map((storage) => [storage.name, storage])),
    mount: mount && buildMount(mount, expand),
    pairs: new Map(
      [...pairs].map(([name, table]): [string, PairConfig] => [name, buildPair(name, table, expand)]),
    ),
    warnings: built.flatMap(unwise),
  };
}

const buildPair = (name: string, table: PairTable, expand: Frame['expand']): PairConfig => ({
  name,
  a: table.a,
  b: table.b,
  collections: table.collections,
  onEmpty: table.on_empty,
  onDelete: table.on_delete,
  oneWay: table.one_way,
  properties: table.properties,
  conflict: expandConflict(table.conflict, expand),
  onChange: table.on_change && expandWords(table.on_change, expand),
});

function buildStorage(name: string, section: StorageSection, expand: Frame['expand']): StorageConfig {
  switch (section.table) {
    case 'dav':
      return buildDav(name, section.type, section.values, expand);
    case 'webcal':
      return buildWebcal(name, section.type, section.values, expand);
    case 'vdir':
      return buildVdir(name, section.type, section.values, expand);
  }
}

function buildDav(
  name: string,
  type: StorageType,
  values: DavTable,
  expand: Frame['expand'],
): DavStorageConfig {
  return {
    ...common(name, type, values),
    ...remote(values, expand),
    type: type as DavStorageConfig['type'],
    window: buildWindow(values),
  };
}

function buildWindow({ components = [], since, until }: DavTable): Window | undefined {
  const isOpen = components.length === 0 && since === undefined && until === undefined;
  return isOpen ? undefined : { components, since, until };
}

function buildWebcal(
  name: string,
  type: StorageType,
  values: WebcalTable,
  expand: Frame['expand'],
): WebcalStorageConfig {
  return {
    ...common(name, type, values),
    ...remote(values, expand),
    type: type as WebcalStorageConfig['type'],
    collection: values.collection ?? feedNameOf(values.url),
  };
}

const remote = (
  values: DavTable | WebcalTable,
  expand: Frame['expand'],
): Omit<RemoteStorageConfig, keyof ReturnType<typeof common>> => ({
  url: values.url,
  username: values.username,
  password: values.password && expandSecret(values.password, expand),
  timeoutMs: values.timeout,
  maxResponseBytes: values.max_response,
  userAgent: values.user_agent,
  tlsRoot: values.tls_root === undefined ? undefined : expand(values.tls_root),
  headers: values.headers,
});

function buildVdir(
  name: string,
  type: StorageType,
  values: VdirTable,
  expand: Frame['expand'],
): VdirStorageConfig {
  return {
    ...common(name, type, values),
    type: type as VdirStorageConfig['type'],
    path: expand(values.path),
    fileext: values.fileext,
    watch: values.watch,
    postHook: values.post_hook && expandWords(values.post_hook, expand),
    preDeletionHook: values.pre_deletion_hook && expandWords(values.pre_deletion_hook, expand),
  };
}

const common = (
  name: string,
  type: StorageType,
  values: DavTable | WebcalTable | VdirTable,
): Pick<StorageConfig, 'name' | 'kind' | 'readOnly' | 'noDelete' | 'intervalMs' | 'maxItemBytes'> => ({
  name,
  kind: STORAGE_TYPES[type].kind,
  readOnly: values.read_only,
  noDelete: values.no_delete,
  intervalMs: values.interval,
  maxItemBytes: values.max_item,
});

const buildMount = (values: MountTable, expand: Frame['expand']): MountConfig => ({
  path: expand(values.path),
  storages: values.storages,
  layout: values.layout,
  writeDelayMs: values.write_delay,
  deleteDelayMs: values.delete_delay,
  historyMs: values.history,
  historyBytes: values.history_size,
  conflict: expandConflict(values.conflict, expand),
});

const expandConflict = (choice: ConflictChoice, expand: Frame['expand']): ConflictChoice =>
  typeof choice === 'string' ? choice : { ...choice, argv: expandWords(choice.argv, expand) };

function expandSecret(source: SecretSource, expand: Frame['expand']): SecretSource {
  if (source.type === 'file') return { ...source, path: expand(source.path) };
  if (source.type === 'command') return { ...source, argv: expandWords(source.argv, expand) };
  return source;
}

/** There is no shell that would do it. */
const expandWords = (words: readonly string[], expand: Frame['expand']): string[] =>
  words.map((word) => (word.startsWith('~/') ? expand(word) : word));

function unwise(storage: StorageConfig): string[] {
  if (!('url' in storage) || storage.password === undefined || storage.url.protocol === 'https:') return [];
  if (['localhost', '127.0.0.1', '[::1]'].includes(storage.url.hostname)) return [];
  return [`storage.${storage.name}: the password goes over the network unencrypted; use an https URL`];
}
