import type * as z from 'zod';
import type { Fault, KeyPath } from './fault.ts';
import { nearest } from './nearest.ts';
import {
  type DavTable,
  type MountTable,
  type PairTable,
  SCHEMAS,
  STORAGE_TYPES,
  type StorageType,
  type VdirTable,
  type WebcalTable,
} from './schema.ts';
import { isSegment } from './paths.ts';
import { schemaFaults } from './schema-faults.ts';

/** One [storage.NAME] table, by the kind of table its type asks for. */
export type StorageSection =
  | { readonly table: 'dav'; readonly type: StorageType; readonly values: DavTable }
  | { readonly table: 'webcal'; readonly type: StorageType; readonly values: WebcalTable }
  | { readonly table: 'vdir'; readonly type: StorageType; readonly values: VdirTable };

/** A file taken apart. What was wrong in itself is missing here, and told in `faults`. */
export interface Sections {
  readonly statePath: string | undefined;
  readonly storages: ReadonlyMap<string, StorageSection>;
  /** All names that have a table, sound or not, so that a broken storage is not reported as an unknown one too. */
  readonly storageNames: readonly string[];
  readonly mount: MountTable | undefined;
  readonly pairs: ReadonlyMap<string, PairTable>;
  /** Every storage that the mount or a pair names, also where the rest of that table is wrong. */
  readonly references: readonly Reference[];
  readonly faults: readonly Fault[];
}

/** The name of a storage, and where in the file it is used. */
export interface Reference {
  readonly at: KeyPath;
  readonly storage: string;
}

const TYPES = Object.keys(STORAGE_TYPES);
const KEYS = {
  dav: Object.keys(SCHEMAS.caldav.shape),
  webcal: Object.keys(SCHEMAS.webcal.shape),
  vdir: Object.keys(SCHEMAS.vdir.shape),
} as const;
const STORAGE_KEYS = [...new Set(Object.values(KEYS).flat())];

/** Checks each table by itself and goes on after every fault, so that all of them are told at once. */
export function readSections(raw: Readonly<Record<string, unknown>>): Sections {
  const faults: Fault[] = [];
  const file = check(SCHEMAS.file, raw, [], faults);
  const storageTables = tablesOf(raw['storage']);
  const storages = new Map<string, StorageSection>();
  for (const [name, table] of storageTables) {
    checkName(['storage', name], faults);
    const section = readStorage(name, table, faults);
    if (section) storages.set(name, section);
  }
  const pairs = new Map<string, PairTable>();
  for (const [name, table] of tablesOf(raw['pair'])) {
    checkName(['pair', name], faults);
    const pair = check(SCHEMAS.pair, table, ['pair', name], faults);
    if (pair) pairs.set(name, pair);
  }
  const mount = isTable(raw['mount']) ? check(SCHEMAS.mount, raw['mount'], ['mount'], faults) : undefined;
  return {
    statePath: file?.state_path,
    storages,
    storageNames: storageTables.map(([name]) => name),
    mount,
    pairs,
    references: readReferences(raw),
    faults,
  };
}

function readReferences(raw: Readonly<Record<string, unknown>>): Reference[] {
  const named: { readonly at: KeyPath; readonly storage: unknown }[] = [];
  const mounted = isTable(raw['mount']) ? raw['mount']['storages'] : undefined;
  if (Array.isArray(mounted)) {
    for (const [index, storage] of mounted.entries())
      named.push({ at: ['mount', 'storages', index], storage });
  }
  for (const [name, table] of tablesOf(raw['pair'])) {
    if (!isTable(table)) continue;
    for (const side of ['a', 'b']) named.push({ at: ['pair', name, side], storage: table[side] });
  }
  return named.filter((one): one is Reference => typeof one.storage === 'string' && one.storage !== '');
}

function readStorage(name: string, table: unknown, faults: Fault[]): StorageSection | undefined {
  const at = ['storage', name];
  const type = isTable(table) ? table['type'] : undefined;
  if (!isTable(table)) {
    faults.push({ at, message: `expected a table such as [storage.${name}]` });
    return undefined;
  }
  if (!isStorageType(type)) {
    faults.push({ at: [...at, 'type'], message: wrongType(type) }, ...untypedFaults(table, at));
    return undefined;
  }
  if (STORAGE_TYPES[type].table === 'dav') {
    const values = check(type === 'caldav' ? SCHEMAS.caldav : SCHEMAS.dav, table, at, faults);
    return values && { table: 'dav', type, values };
  }
  if (STORAGE_TYPES[type].table === 'webcal') {
    const values = check(SCHEMAS.webcal, table, at, faults);
    return values && { table: 'webcal', type, values };
  }
  const values = check(SCHEMAS.vdir, table, at, faults);
  return values && { table: 'vdir', type, values };
}

/**
 * What else is wrong with a storage of no known type. It is taken for one of the table that it has most keys of; a key of another
 * one is no fault, and where nothing tells accounts from folders, nothing is missing either.
 */
function untypedFaults(table: Readonly<Record<string, unknown>>, at: KeyPath): Fault[] {
  const keys = Object.keys(table);
  const count = (own: readonly string[]): number => keys.filter((key) => own.includes(key)).length;
  const counts = { dav: count(KEYS.dav), webcal: count(KEYS.webcal), vdir: count(KEYS.vdir) };
  const remote = counts.webcal > counts.dav ? 'webcal' : 'dav';
  const likeliest = counts.vdir > counts[remote] ? 'vdir' : remote;
  const schema = counts[remote] === counts.vdir ? SCHEMAS[likeliest].partial() : SCHEMAS[likeliest];
  const isForeign = (key: string): boolean => STORAGE_KEYS.includes(key) && !KEYS[likeliest].includes(key);
  const own = Object.entries(table).filter(([key]) => !isForeign(key));
  const raw = { ...Object.fromEntries(own), type: '' };
  const { error } = schema.safeParse(raw);
  return error ? schemaFaults(error, { at, raw, known: STORAGE_KEYS }) : [];
}

function wrongType(type: unknown): string {
  const expected = `expected one of ${TYPES.map((known) => JSON.stringify(known)).join(', ')}`;
  if (type === undefined) return `missing; ${expected}`;
  if (typeof type !== 'string') return expected;
  const meant = nearest(type, TYPES);
  return `this version has no storages of type ${JSON.stringify(type)}; ${expected}${
    meant === undefined ? '' : `; did you mean "${meant}"?`
  }`;
}

function checkName(at: readonly [string, string], faults: Fault[]): void {
  if (isSegment(at[1]) && !at[1].startsWith('.')) return;
  const message =
    'the name becomes a folder: no slash, no leading dot, no control characters, at most 255 bytes';
  faults.push({ at, message });
}

/** The checked values; undefined when something is wrong, which is then in `faults`. */
function check<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  raw: unknown,
  at: KeyPath,
  faults: Fault[],
): z.infer<z.ZodObject<Shape>> | undefined {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  faults.push(...schemaFaults(result.error, { at, raw, known: Object.keys(schema.shape) }));
  return undefined;
}

const tablesOf = (raw: unknown): [string, unknown][] => (isTable(raw) ? Object.entries(raw) : []);

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const isStorageType = (type: unknown): type is StorageType =>
  typeof type === 'string' && Object.hasOwn(STORAGE_TYPES, type);
