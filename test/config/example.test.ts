import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { parse } from 'smol-toml';
import type { DavStorageConfig } from '../../src/config/config.ts';
import { interpretConfig } from '../../src/config/interpret.ts';
import { DEFAULTS, SCHEMAS, STORAGE_TYPES } from '../../src/config/schema.ts';
import { ENTRY_KEYS } from '../../src/config/schema-collections.ts';
import { CONFLICT_KEYS } from '../../src/config/schema-conflict.ts';
import { SECRET_FORMS } from '../../src/config/schema-secret.ts';

const path = new URL('../../mount.example.toml', import.meta.url);
const text = await readFile(path, 'utf8');
const config = interpretConfig(text, 'mount.example.toml', { env: {}, home: '/home/me' });

/** Every key that stands somewhere in the example, with the table it stands in. */
function keysIn(value: unknown, table = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => keysIn(one, `${table}[]`));
  if (typeof value !== 'object' || value === null) return [];
  const isNamed = ['.storage', '.pair'].includes(table);
  return Object.entries(value).flatMap(([key, inner]) =>
    [`${table}.${key}`].concat(keysIn(inner, isNamed ? table.slice(1) : `${table}.${key}`)),
  );
}
const present = new Set(keysIn(parse(text)));

describe('mount.example.toml', () => {
  const storageKeys = [SCHEMAS.dav, SCHEMAS.webcal, SCHEMAS.vdir].flatMap(({ shape }) => Object.keys(shape));
  const wanted = [
    ...Object.keys(SCHEMAS.file.shape).map((key) => `.${key}`),
    ...new Set(storageKeys.map((key) => `storage.${key}`)),
    ...Object.keys(SCHEMAS.mount.shape).map((key) => `.mount.${key}`),
    ...Object.keys(SCHEMAS.pair.shape).map((key) => `pair.${key}`),
    ...SECRET_FORMS.map((form) => `storage.password.${form}`),
    ...CONFLICT_KEYS.map((key) => `pair.conflict.${key}`),
    ...ENTRY_KEYS.map((key) => `pair.collections[].${key}`),
  ];
  for (const key of wanted) it(`shows ${key.replace(/^\./, '')}`, () => assert.ok(present.has(key)));

  it('shows every type of storage', () => {
    const shown = new Set([...config.storages.values()].map(({ type }) => type));
    assert.deepEqual(shown, new Set(Object.keys(STORAGE_TYPES)));
  });

  it('shows every form of a password', () => {
    const shown = new Set(
      [...config.storages.values()].map((storage) => 'password' in storage && storage.password?.type),
    );
    assert.deepEqual(
      [...SECRET_FORMS, 'text'].filter((form) => !shown.has(form as never)),
      [],
    );
  });

  it('gives rise to no warning', () => assert.deepEqual(config.warnings, []));

  it('names the values that hold when a key is left out as defaults', () => {
    assert.equal(config.statePath, '/home/me/.local/state/pimsync');
    assert.equal(config.mount?.writeDelayMs, 2000);
    assert.equal(config.mount.deleteDelayMs, 5000);
    assert.equal(config.mount.historyMs, DEFAULTS.historyMs);
    assert.equal(config.mount.historyBytes, DEFAULTS.historyBytes);
    assert.equal(config.storages.get('personal')?.intervalMs, 300_000);
    assert.equal(config.storages.get('local')?.intervalMs, 30_000);
    assert.equal(config.storages.get('holidays')?.intervalMs, 3_600_000);
    const personal = config.storages.get('personal') as DavStorageConfig;
    assert.equal(personal.maxItemBytes, DEFAULTS.maxItemBytes);
    assert.equal(personal.maxResponseBytes, DEFAULTS.maxResponseBytes);
  });
});
