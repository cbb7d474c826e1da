import { CollectionLife } from './collection-life.ts';
import { Collections } from './collections.ts';
import type { Database } from './database.ts';
import { EngineWrites } from './engine-writes.ts';
import { InodeRows } from './inode-rows.ts';
import { ItemJournal } from './item-journal.ts';
import { Staging } from './staging.ts';
import { Transactor, type Waiting } from './transactor.ts';

/** Everything that reads and writes the tree's tables, its statements prepared once. */
export interface Rows {
  readonly inodes: InodeRows;
  readonly journal: ItemJournal;
  readonly collections: Collections;
  readonly life: CollectionLife;
  readonly writes: EngineWrites;
  readonly staging: Staging;
  readonly transactor: Transactor;
}

export function prepareRows(db: Database, waiting: Waiting = 'patient'): Rows {
  const inodes = new InodeRows(db);
  const journal = new ItemJournal(db);
  const collections = new Collections(db, inodes);
  return {
    inodes,
    journal,
    collections,
    life: new CollectionLife(db, inodes, collections),
    writes: new EngineWrites(db, inodes, journal),
    staging: new Staging(db),
    transactor: new Transactor(db, waiting),
  };
}
