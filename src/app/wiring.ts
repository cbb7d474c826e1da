import { readFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { createItemStore } from '../cache/item-store.ts';
import { createMemo } from '../cache/memo-store.ts';
import type { Publisher } from '../cache/publisher.ts';
import { createPairStatus } from '../cache/status-store.ts';
import { resolveSecret } from '../config/resolve-secret.ts';
import type { Config, DavStorageConfig, PairConfig, StorageConfig } from '../config/types.ts';
import type { Storage } from '../core/storage.ts';
import { createDavStorage } from '../dav/storage.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Pair } from '../sync/engine.ts';
import { createVdirStorage } from '../vdir/storage.ts';

export interface WiringOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly prompt: (question: string) => Promise<string>;
  /** The live mount, where there is one. */
  readonly publisher: () => Publisher | undefined;
  /** `true` while everything pending has to go out now (unmount): edits have no quiet time then. */
  readonly hurry: () => boolean;
}
