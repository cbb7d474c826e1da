import { dirname } from 'node:path';
import { openDatabase } from '../../src/cache/database.ts';
import { recover } from '../../src/cache/recover.ts';
import { SqliteFileTree } from '../../src/cache/sqlite-file-tree.ts';
import type { TreeEvent } from '../../src/fs/file-system.ts';
import { mountFileSystem } from '../../src/fs/mount.ts';
import { assertMountable } from '../../src/fs/preflight.ts';
import { createTextLogger } from '../../src/lib/logger.ts';

/** What a test hands to the process that mounts; as JSON in its first argument. */
export interface MountSettings {
  readonly mountpoint: string;
  readonly database: string;
  readonly storages: readonly string[];
  readonly layout: 'nested' | 'flat';
  readonly readOnly: boolean;
}

/** What that process tells. */
export type MountReport =
  | { readonly type: 'mounted' }
  | { readonly type: 'failed'; readonly error: string; readonly message: string }
  | { readonly type: 'event'; readonly event: TreeEvent }
  | { readonly type: 'external' }
  | { readonly type: 'unmounted'; readonly error?: string };

/** What it is asked. */
export interface MountRequest {
  readonly unmount: 'plain' | 'lazy';
}

const settings = JSON.parse(process.argv[2] ?? '') as MountSettings;
const tell = (report: MountReport): unknown => process.send?.(report);
process.chdir('/');

try {
  await serve();
} catch (error) {
  const { name, message } = error as Error;
  tell({ type: 'failed', error: name, message });
  process.disconnect();
}

async function serve(): Promise<void> {
  const log = createTextLogger('warn', (line) => process.stderr.write(line));
  const mountpoint = await assertMountable({
    mountpoint: settings.mountpoint,
    allowOther: false,
    outside: [settings.database],
    log,
  });
  const db = openDatabase(settings.database);
  recover(db, Date.now());
  const session = await mountFileSystem({
    tree: new SqliteFileTree(db),
    view: settings,
    mountpoint,
    readOnly: settings.readOnly,
    allowOther: false,
    stateFolder: dirname(settings.database),
    log,
    onEvent: (event) => tell({ type: 'event', event }),
    onExternalUnmount() {
      db.close();
      tell({ type: 'external' });
      process.disconnect();
    },
  });
  const unmount = async ({ unmount }: MountRequest): Promise<void> => {
    try {
      await session.unmount({ lazy: unmount === 'lazy' });
    } catch (error) {
      tell({ type: 'unmounted', error: String(error) });
      return;
    }
    db.close();
    tell({ type: 'unmounted' });
    process.disconnect();
  };
  process.on('message', (request: MountRequest) => void unmount(request));
  tell({ type: 'mounted' });
}
