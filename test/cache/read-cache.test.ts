import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReadCache } from '../../src/cache/read-cache.ts';
import { MountedCache } from '../support/mounted-cache.ts';

describe('the read cache', () => {
  const counting = (size: number): { loads: number; load: () => Buffer } => {
    const counter = {
      loads: 0,
      load: () => {
        counter.loads += 1;
        return Buffer.alloc(size);
      },
    };
    return counter;
  };

  it('loads each version once', () => {
    const cache = new ReadCache(10_000);
    const counter = counting(100);
    for (const version of [1, 1, 2, 1]) cache.read(7, version, counter.load);
    cache.read(8, 1, counter.load);
    assert.equal(counter.loads, 3);
  });

  it('holds no more bytes than it may, and never a file larger than all of it', () => {
    const cache = new ReadCache(1000);
    const counter = counting(400);
    for (const ino of [1, 2, 3, 1]) cache.read(ino, 1, counter.load);
    assert.equal(counter.loads, 4, 'the first had to go for the third');
    const large = counting(2000);
    cache.read(9, 1, large.load);
    assert.equal(cache.read(9, 1, large.load).length, 2000);
    assert.equal(large.loads, 2);
  });

  it('holds empty files', () => {
    const cache = new ReadCache(1000);
    const counter = counting(0);
    cache.read(1, 1, counter.load);
    assert.equal(cache.read(1, 1, counter.load).length, 0);
    assert.equal(counter.loads, 1);
  });

  it('never hides what another process wrote', async () => {
    const cache = await MountedCache.open();
    const { ino } = cache.save('a', 'one');
    assert.equal(cache.text('a'), 'one');
    cache.db.prepare('UPDATE inode SET version = version + 1 WHERE ino = ?').run(ino);
    cache.db.prepare('UPDATE body SET bytes = ? WHERE ino = ?').run(Buffer.from('two'), ino);
    assert.equal(cache.text('a'), 'two');
  });
});
