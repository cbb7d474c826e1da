import type { ItemKind } from '../../src/core/item.ts';
import type { StorageMemo } from '../../src/core/storage.ts';
import type { DavStorageOptions } from '../../src/dav/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import type { TestServer } from '../servers/server.ts';

/** A memo that forgets with the test. */
export class MemoryMemo implements StorageMemo {
  readonly entries = new Map<string, string>();

  get(key: string): string | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: string | undefined): void {
    if (value === undefined) this.entries.delete(key);
    else this.entries.set(key, value);
  }
}

/** Options of an account at `url`, with what matters to the test in `fields`. */
export const davOptions = (
  kind: ItemKind,
  url: URL,
  fields: Partial<DavStorageOptions> = {},
): DavStorageOptions => ({
  name: 'test',
  kind,
  url,
  username: undefined,
  password: () => Promise.resolve(undefined),
  readOnly: false,
  timeoutMs: undefined,
  userAgent: 'pimsync-test',
  tlsRoot: undefined,
  headers: new Map(),
  memo: new MemoryMemo(),
  log: silentLogger,
  ...fields,
});

/** The account that a real server has for its test user. */
export const accountOn = (
  kind: ItemKind,
  { url, username, password }: TestServer,
  fields: Partial<DavStorageOptions> = {},
): DavStorageOptions =>
  davOptions(kind, url, { username, password: () => Promise.resolve(password), ...fields });
