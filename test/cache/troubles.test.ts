import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { type Database, openDatabase } from '../../src/cache/database.ts';
import { createPairStatus } from '../../src/cache/status-store.ts';
import type { Mapping, StatusStore } from '../../src/core/status.ts';
import { collectionId, href } from '../../src/core/storage.ts';

let db: Database;
beforeEach(() => {
  db = openDatabase(':memory:');
});

const WORK: Mapping = {
  name: 'work',
  a: { id: collectionId('ida'), href: href('/a/') },
  b: { id: collectionId('idb'), href: href('/b/') },
};
const open = (): StatusStore => createPairStatus(db, 'pair').open(WORK);

describe('what is in the way of properties and of whole collections', () => {
  const problem = { type: 'refused', a: '#1', b: undefined, reason: 'no colours', atMs: 5 } as const;

  it('is remembered until it is over, with what both sides agreed on', () => {
    const store = open();
    store.putProperties(
      new Map([
        ['color', { a: '#0', b: undefined, problem }],
        ['order', { a: '1', b: '1' }],
      ]),
    );
    assert.deepEqual(
      open().properties(),
      new Map([
        ['color', { a: '#0', b: undefined, problem }],
        ['order', { a: '1', b: '1' }],
      ]),
    );
    store.putProperties(new Map([['color', { a: '#0', b: undefined }]]));
    assert.deepEqual(open().properties().get('color'), { a: '#0', b: undefined });
  });

  it('goes with the mapping', () => {
    open().putProperties(new Map([['color', { a: '#0', b: undefined, problem }]]));
    createPairStatus(db, 'pair').forget(WORK);
    assert.equal(db.prepare('SELECT count(*) FROM property_problem').pluck().get(), 0);
  });

  it('is told by the name of the collection, and of one pair alone', () => {
    const trouble = { type: 'held', reason: 'gone', atMs: 7 } as const;
    createPairStatus(db, 'pair').setTrouble('work', trouble);
    createPairStatus(db, 'other').setTrouble('home', { ...trouble, type: 'refused' });
    assert.deepEqual(createPairStatus(db, 'pair').troubles(), new Map([['work', trouble]]));
    createPairStatus(db, 'pair').setTrouble('work', { ...trouble, reason: 'still gone' });
    assert.equal(createPairStatus(db, 'pair').troubles().get('work')?.reason, 'still gone');
    createPairStatus(db, 'pair').setTrouble('work', undefined);
    assert.deepEqual(createPairStatus(db, 'pair').troubles(), new Map());
    assert.equal(createPairStatus(db, 'other').troubles().size, 1);
  });
});
