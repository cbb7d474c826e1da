import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createItemStore } from '../../src/cache/item-store.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { eventText } from '../support/items.ts';
import { MountedCache } from '../support/mounted-cache.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const now = (): number => cache.clock.nowMs();
const event = (uid: string, summary = 'tea'): string => eventText({ uid, summary });

interface Item {
  readonly name: string;
  readonly seq: number;
  readonly ident: string | null;
  readonly content: string;
  readonly edited_at: number | null;
}
const items = (): Item[] =>
  cache.db.prepare<[], Item>('SELECT name, seq, ident, content, edited_at FROM item ORDER BY name').all();
const item = (name: string): Item | undefined => items().find((row) => row.name === name);
const tombstones = (): unknown[] =>
  cache.db
    .prepare<[], { name: string; ident: string; settled: number }>(
      'SELECT name, ident, settled FROM tombstone ORDER BY name',
    )
    .all()
    .map(({ name, ident, settled }) => [name, ident, settled === 1]);

describe('a file with the name of an item', () => {
  const contents: readonly (readonly [
    title: string,
    bytes: string | Uint8Array,
    content: string,
    ident: string | null,
  ])[] = [
    ['whole', event('a'), 'whole', 'a'],
    ['empty', '', 'empty', null],
    ['half-written', event('a').slice(0, -20), 'incomplete', 'a'],
    ['half-written before its UID', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n', 'incomplete', null],
    ['of the other kind', 'BEGIN:VCARD\r\nUID:a\r\nEND:VCARD\r\n', 'incomplete', 'a'],
    ['not UTF-8', Buffer.from(event('a', 'Müll'), 'latin1'), 'not-utf8', null],
  ];
  for (const [title, bytes, content, ident] of contents) {
    it(`that is ${title} is noted as such and kept byte for byte`, () => {
      cache.save('a.ics', bytes);
      assert.deepEqual([item('a.ics')?.content, item('a.ics')?.ident], [content, ident]);
      assert.deepEqual(Buffer.from(cache.tree.read(cache.file('a.ics').ino)), Buffer.from(bytes));
    });
  }

  it('gets the next number with every change of its content, and none without', () => {
    cache.save('a.ics', event('a'));
    const first = item('a.ics');
    cache.save('a.ics', event('a'));
    assert.deepEqual(item('a.ics'), first);
    cache.clock.move(10);
    cache.save('a.ics', event('a', 'coffee'));
    const second = item('a.ics');
    assert.ok((second?.seq ?? 0) > (first?.seq ?? 0));
    assert.equal(second?.edited_at, now());
  });

  it('gets no number by its mode or times', () => {
    const { ino } = cache.save('a.ics', event('a'));
    const before = items();
    cache.tree.setMode(ino, 0o600, now());
    cache.tree.setTimes(ino, 1, 2, now());
    assert.deepEqual(items(), before);
  });

  it('starts its quiet time anew when the last writer is gone', () => {
    const { ino } = cache.save('a.ics', event('a'), { writers: true });
    cache.clock.move(60_000);
    cache.tree.release(ino, now());
    assert.equal(item('a.ics')?.edited_at, now());
    cache.clock.move(1000);
    cache.tree.release(ino, now());
    assert.equal(item('a.ics')?.edited_at, now() - 1000, 'nothing was committed since');
  });

  it('is none in a scratch directory, as a directory or as a symbolic link', () => {
    const below = cache.tree.createDirectory(cache.folder, '.~tmp~', 0o700, now()).ino;
    cache.save('a.ics', event('a'), { folder: below });
    cache.tree.createDirectory(cache.folder, 'sub.ics', 0o700, now());
    cache.tree.createSymlink(cache.folder, 'link.ics', 'target', now());
    assert.deepEqual(items(), []);
    cache.tree.rename({ parent: below, name: 'a.ics' }, { parent: cache.folder, name: 'a.ics' }, now());
    assert.deepEqual(
      items().map(({ name }) => name),
      ['a.ics'],
    );
  });
});

describe('the journal after', () => {
  interface Case {
    readonly title: string;
    readonly run: () => void;
    /** Name → ident of the items that are there. */
    readonly items: Readonly<Record<string, string | null>>;
    /** Name, ident, settled, text. */
    readonly gone: readonly unknown[];
  }
  const cases: readonly Case[] = [
    {
      title: 'khal writes a new item: temporary file, link, unlink',
      run() {
        const { ino } = cache.save('tmpab12cd34', event('a'));
        cache.tree.link(ino, cache.folder, 'a.ics', now());
        cache.remove('tmpab12cd34');
      },
      items: { 'a.ics': 'a' },
      gone: [],
    },
    {
      title: 'a temporary file is renamed over an item',
      run() {
        cache.save('a.ics', event('a', 'old'));
        cache.save('tmp1', event('a', 'new'));
        cache.rename('tmp1', 'a.ics');
      },
      items: { 'a.ics': 'a' },
      gone: [],
    },
    {
      title: 'vim renames the item away, writes it anew and removes the old one',
      run() {
        cache.save('a.ics', event('a', 'old'));
        cache.rename('a.ics', 'a.ics~');
        cache.save('a.ics', event('a', 'new'));
        cache.remove('a.ics~');
      },
      items: { 'a.ics': 'a' },
      gone: [],
    },
    {
      title: 'an item is removed and copied there again',
      run() {
        cache.save('a.ics', event('a', 'old'));
        cache.remove('a.ics');
        cache.save('a.ics', event('a', 'new'));
      },
      items: { 'a.ics': 'a' },
      gone: [],
    },
    {
      title: 'perl links the item to a backup and renames over it',
      run() {
        cache.save('a.ics', event('a', 'old'));
        cache.tree.link(cache.file('a.ics').ino, cache.folder, 'a.ics.bak', now());
        cache.save('XX1', event('a', 'new'));
        cache.rename('XX1', 'a.ics');
      },
      items: { 'a.ics': 'a' },
      gone: [],
    },
    {
      title: 'an item is removed',
      run() {
        cache.save('a.ics', event('a'));
        cache.remove('a.ics');
      },
      items: {},
      gone: [['a.ics', 'a', false]],
    },
    {
      title: 'an item is renamed to a backup',
      run() {
        cache.save('a.ics', event('a'));
        cache.rename('a.ics', 'a.ics~');
      },
      items: {},
      gone: [['a.ics', 'a', false]],
    },
    {
      title: 'an item gets another name: its old one needs no grace time',
      run() {
        cache.save('a.ics', event('a'));
        cache.rename('a.ics', 'b.ics');
      },
      items: { 'b.ics': 'a' },
      gone: [['a.ics', 'a', true]],
    },
    {
      title: 'an item is renamed over another',
      run() {
        cache.save('a.ics', event('a'));
        cache.save('b.ics', event('b'));
        cache.rename('a.ics', 'b.ics');
      },
      items: { 'b.ics': 'a' },
      gone: [['a.ics', 'a', true]],
    },
    {
      title: 'a symbolic link takes the place of an item',
      run() {
        cache.save('a.ics', event('a'));
        cache.tree.createSymlink(cache.folder, 'link', 'target', now());
        cache.rename('link', 'a.ics');
      },
      items: {},
      gone: [['a.ics', 'a', false]],
    },
    {
      title: 'one of two names of an item is removed',
      run() {
        cache.save('a.ics', event('a'));
        cache.tree.link(cache.file('a.ics').ino, cache.folder, 'b.ics', now());
        cache.remove('a.ics');
      },
      items: { 'b.ics': 'a' },
      gone: [['a.ics', 'a', false]],
    },
    {
      title: 'scratch comes and goes',
      run() {
        cache.save('.a.ics.swp', 'x');
        cache.save('4913', '');
        cache.rename('.a.ics.swp', 'a.ics~');
        cache.remove('4913');
      },
      items: {},
      gone: [],
    },
  ];
  for (const { title, run, items: wanted, gone } of cases) {
    it(title, () => {
      run();
      assert.deepEqual(Object.fromEntries(items().map(({ name, ident }) => [name, ident])), wanted);
      assert.deepEqual(tombstones(), gone);
    });
  }

  it('a move between collections: new there, removed here', () => {
    const home = cache.tree.createDirectory(cache.at('personal').ino, 'home', 0o755, now()).ino;
    cache.save('a.ics', event('a'));
    cache.rename('a.ics', 'a.ics', home);
    assert.deepEqual(cache.db.prepare('SELECT collection, name FROM item').all(), [
      { collection: home, name: 'a.ics' },
    ]);
    assert.deepEqual(tombstones(), [['a.ics', 'a', false]]);
    assert.equal(cache.tree.inode(cache.at('personal', 'home', 'a.ics').ino)?.collection, home);
  });

  it('a change in place of an item with two names: both are new', () => {
    const { ino } = cache.save('a.ics', event('a'));
    cache.tree.link(ino, cache.folder, 'b.ics', now());
    const before = items();
    cache.save('a.ics', event('a', 'edited'));
    for (const [index, { seq }] of items().entries()) assert.ok(seq > (before[index]?.seq ?? 0));
  });

  it('a rename: the number of the item is a new one', () => {
    cache.save('a.ics', event('a'));
    const before = item('a.ics')?.seq ?? 0;
    cache.rename('a.ics', 'b.ics');
    assert.ok((item('b.ics')?.seq ?? 0) > before);
  });

  it('a link from a calendar to an address book: each is read by its own kind', () => {
    createItemStore({
      db: cache.db,
      storage: 'people',
      kind: 'contact',
      clock: cache.clock,
      delays: () => ({ writeDelayMs: 0, deleteDelayMs: 0 }),
      log: silentLogger,
    });
    const book = cache.tree.createDirectory(cache.at('people').ino, 'friends', 0o755, now()).ino;
    const { ino } = cache.save('a.ics', event('a'));
    cache.tree.link(ino, book, 'a.vcf', now());
    assert.deepEqual(
      items().map(({ name, content }) => [name, content]),
      [
        ['a.ics', 'whole'],
        ['a.vcf', 'incomplete'],
      ],
    );
  });
});
