import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FileError, type Inode } from '../../src/cache/file-tree.ts';
import { eventText } from '../support/items.ts';
import { MountedCache } from '../support/mounted-cache.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const now = (): number => cache.clock.nowMs();
const folder = (): Inode => cache.at('personal', 'work');
const commit = (ino: number, text: string, mtimeMs = now()): Inode =>
  cache.tree.commit(
    { ino, body: Buffer.from(text), mtimeMs, writers: false },
    { durable: false, nowMs: now() },
  );

describe('a content commit', () => {
  it('keeps the time that fstat was showing, over close, link and unlink (F4)', () => {
    const { ino } = cache.tree.createFile(cache.folder, 'tmpabcd', 0o600, now());
    const shown = now() + 0.25 + 7;
    commit(ino, eventText({ uid: 'a' }), shown);
    cache.clock.move(1000);
    commit(ino, eventText({ uid: 'a' }), shown);
    cache.tree.release(ino, now());
    cache.tree.link(ino, cache.folder, 'a.ics', now());
    cache.tree.unlink(cache.folder, 'tmpabcd', now());
    cache.tree.setMode(ino, 0o644, now());
    const file = cache.file('a.ics');
    assert.deepEqual([file.ino, file.mtimeMs], [ino, shown]);
    cache.rename('a.ics', 'b.ics');
    assert.equal(cache.file('b.ics').mtimeMs, shown);
  });

  it('moves the time forward by at least a millisecond with every change, also when the clock was set back (F5)', () => {
    const { ino } = cache.save('a.ics', 'one');
    const times = [cache.file('a.ics').mtimeMs];
    for (const text of ['two', 'six', 'ten']) times.push(commit(ino, text).mtimeMs);
    cache.clock.move(-60_000);
    times.push(commit(ino, 'set').mtimeMs);
    for (const [index, time] of times.slice(1).entries()) assert.ok(time - (times[index] ?? 0) >= 1);
  });

  it('leaves time, version and directory alone when the bytes are the same', () => {
    const { ino } = cache.save('a.ics', eventText());
    const before = [cache.file('a.ics'), folder()];
    cache.clock.move(1000);
    commit(ino, eventText(), before[0]?.mtimeMs);
    assert.deepEqual([cache.file('a.ics'), folder()], before);
  });

  it('takes over a time set on the open file when the bytes are the same', () => {
    const { ino } = cache.save('a.ics', eventText());
    assert.equal(commit(ino, eventText(), 12_345).mtimeMs, 12_345);
  });

  it('gives other bytes another version', () => {
    const first = cache.save('a', 'one');
    const second = cache.save('a', 'two');
    assert.ok(second.version > first.version);
    assert.equal(second.ino, first.ino);
    assert.equal(cache.text('a'), 'two');
  });

  it('counts bytes, not characters', () => {
    assert.equal(cache.save('a', 'Müll').size, 5);
  });

  it('says no space left when the disk is full, and keeps what was there', () => {
    const { ino } = cache.save('a.ics', eventText());
    const pages = Number(cache.db.pragma('page_count', { simple: true }));
    cache.db.pragma(`max_page_count = ${pages}`);
    assert.throws(
      () => commit(ino, 'x'.repeat(10_000_000)),
      (error) => error instanceof FileError && error.code === 'ENOSPC',
    );
    assert.equal(cache.text('a.ics'), eventText());
  });

  it('keeps neither the bytes nor the note when the note fails', () => {
    const { ino } = cache.save('a.ics', eventText());
    const before = [cache.file('a.ics'), folder()];
    cache.db.exec(`CREATE TRIGGER refuse BEFORE UPDATE ON item BEGIN SELECT RAISE(ABORT, 'no note'); END`);
    assert.throws(() => commit(ino, eventText({ summary: 'edited' })), /no note/);
    assert.equal(cache.text('a.ics'), eventText());
    assert.deepEqual([cache.file('a.ics'), folder()], before);
  });

  it('keeps a name when its deletion cannot be noted', () => {
    cache.save('a.ics', eventText());
    cache.db.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON tombstone BEGIN SELECT RAISE(ABORT, 'no note'); END`,
    );
    assert.throws(() => cache.tree.unlink(cache.folder, 'a.ics', now()), /no note/);
    assert.throws(() => cache.rename('a.ics', 'a.ics~'), /no note/);
    assert.equal(cache.text('a.ics'), eventText());
    assert.deepEqual(cache.names(), ['a.ics']);
  });

  it('gives a new item no name when it cannot be noted', () => {
    cache.save('tmp1', eventText());
    cache.db.exec(`CREATE TRIGGER refuse BEFORE INSERT ON item BEGIN SELECT RAISE(ABORT, 'no note'); END`);
    assert.throws(() => cache.rename('tmp1', 'a.ics'), /no note/);
    assert.deepEqual(cache.names(), ['tmp1']);
  });
});

describe('what survives a power loss', () => {
  /** How the last transaction was committed: SQLite flushes the log at FULL (2), not at NORMAL (1). */
  const mode = (): unknown => cache.db.pragma('synchronous', { simple: true });
  const durably = (ino: number, text: string): unknown =>
    cache.tree.commit(
      { ino, body: Buffer.from(text), mtimeMs: now(), writers: false },
      { durable: true, nowMs: now() },
    );

  it('is a durable commit, also one that changes nothing after one that was not durable', () => {
    const { ino } = cache.save('tmp1', 'one');
    assert.equal(mode(), 1);
    durably(ino, 'two');
    assert.equal(mode(), 2);
    cache.save('tmp1', 'three');
    assert.equal(mode(), 1);
    durably(ino, 'three');
    assert.equal(mode(), 2);
  });

  it('is every commit to an item, and to a scratch file only what was asked for', () => {
    cache.save('a.ics', eventText());
    cache.save('a.ics', eventText({ summary: 'Edited' }));
    assert.equal(mode(), 2);
    cache.save('tmp1', 'scratch');
    cache.save('tmp1', 'more scratch');
    assert.equal(mode(), 1);
  });

  it('is all that came before a sync', () => {
    cache.save('tmp1', 'one');
    cache.tree.sync();
    assert.equal(mode(), 2);
  });

  const removeItem = (): void => {
    cache.save('a.ics', 'x');
    cache.tree.unlink(cache.folder, 'a.ics', now());
  };
  const names: readonly (readonly [title: string, wanted: number, run: () => void])[] = [
    ['an item getting its name', 2, () => cache.rename('tmp1', 'a.ics')],
    [
      'an item linked to its name',
      2,
      () => cache.tree.link(cache.file('tmp1').ino, cache.folder, 'a.ics', 0),
    ],
    ['an item losing its name', 2, () => removeItem()],
    ['not scratch getting another name', 1, () => cache.rename('tmp1', 'tmp2')],
  ];
  for (const [title, wanted, run] of names) {
    it(`is ${title}`, () => {
      cache.save('tmp1', 'one');
      run();
      assert.equal(mode(), wanted);
    });
  }
});

describe('the time of a directory (F6)', () => {
  const changes: readonly (readonly [title: string, change: () => unknown])[] = [
    ['a new file', () => cache.tree.createFile(cache.folder, 'new', 0o600, now())],
    ['a new directory', () => cache.tree.createDirectory(cache.folder, '.d', 0o700, now())],
    ['a new symbolic link', () => cache.tree.createSymlink(cache.folder, 'l', 't', now())],
    ['a change in place', () => cache.save('a.ics', 'other')],
    ['a rename', () => cache.rename('a.ics', 'b.ics')],
    ['a link', () => cache.tree.link(cache.file('a.ics').ino, cache.folder, 'b.ics', now())],
    ['a removal', () => cache.remove('a.ics')],
  ];
  for (const [title, change] of changes) {
    it(`moves forward at ${title}`, () => {
      cache.save('a.ics', 'text');
      const before = folder().mtimeMs;
      cache.clock.move(-60_000);
      change();
      assert.ok(folder().mtimeMs - before >= 1);
    });
  }

  it('moves in both directories at a rename from one to the other', () => {
    const home = cache.tree.createDirectory(cache.at('personal').ino, 'home', 0o755, now()).ino;
    cache.save('a.ics', 'text');
    const before = [folder().mtimeMs, cache.tree.inode(home)?.mtimeMs ?? 0];
    cache.rename('a.ics', 'a.ics', home);
    assert.ok(folder().mtimeMs > (before[0] ?? 0));
    assert.ok((cache.tree.inode(home)?.mtimeMs ?? 0) > (before[1] ?? 0));
  });

  it('stays at reads, modes and times', () => {
    const { ino } = cache.save('a.ics', 'text');
    const before = folder();
    cache.clock.move(1000);
    cache.tree.read(ino);
    cache.names();
    cache.tree.setMode(ino, 0o600, now());
    cache.tree.setTimes(ino, 1, 1, now());
    cache.tree.sync();
    cache.tree.release(ino, now());
    assert.deepEqual(folder(), before);
  });
});
