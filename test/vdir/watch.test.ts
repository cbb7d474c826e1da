import assert from 'node:assert/strict';
import { mkdir, rename, rm, rmdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { silentLogger } from '../../src/lib/logger.ts';
import { watchFolder } from '../../src/vdir/inotify.ts';
import { WatchedVdir } from '../support/watched-vdir.ts';

const REARM_MS = 60_000;

let vdir: WatchedVdir;
beforeEach(async () => {
  vdir = await WatchedVdir.make();
});
afterEach(() => vdir.close());

describe('what others do in a vdir', () => {
  const cases: [what: string, change: () => Promise<unknown>][] = [
    ['a new item', () => writeFile(vdir.at('work', 'new.ics'), 'x')],
    ['an item that is edited in place', () => writeFile(vdir.at('work', 'old.ics'), 'x')],
    [
      'an item that is replaced by another file',
      async () => {
        await writeFile(vdir.at('work', 'x.tmp'), 'x');
        await rename(vdir.at('work', 'x.tmp'), vdir.at('work', 'old.ics'));
      },
    ],
    ['an item that is deleted', () => rm(vdir.at('work', 'old.ics'))],
    ['an item that is moved away', () => rename(vdir.at('work', 'old.ics'), vdir.at('work', 'old.bak'))],
    ['an item whose time stamp alone changes', () => utimes(vdir.at('work', 'old.ics'), 1000, 2000)],
    ['a metadata file', () => writeFile(vdir.at('work', 'color'), '#ff0000')],
    ['a new collection', () => mkdir(vdir.at('home'))],
    ['an empty collection that is deleted', () => rmdir(vdir.at('empty'))],
    ['a collection that is deleted', () => rm(vdir.at('work'), { recursive: true })],
    ['a collection that is renamed', () => rename(vdir.at('work'), vdir.at('job'))],
    ['a link to a folder', () => symlink('work', vdir.at('linked'))],
  ];
  for (const [what, change] of cases) {
    it(`is noticed: ${what}`, async () => {
      await mkdir(vdir.at('empty'));
      await vdir.start();
      await change();
      await vdir.isNoticed();
    });
  }

  const nothing: [what: string, name: string][] = [
    ['a hidden file', '.old.ics.swp'],
    ['a backup copy', 'old.ics~'],
    ['a passing file', 'old.ics.tmp'],
    ['one of our own temporaries', '.pimsync-0123456789abcdef.tmp'],
    ['a file of another kind', 'notes.txt'],
  ];
  for (const [what, name] of nothing) {
    it(`is not noticed: ${what}`, async () => {
      await vdir.start();
      await writeFile(vdir.at('work', name), 'x');
      await rm(vdir.at('work', name));
      await vdir.onlySentinelIsNoticed();
    });
  }

  it('is told once for many files', async () => {
    await vdir.start();
    for (let n = 0; n < 50; n += 1) await writeFile(vdir.at('work', `${n}.ics`), 'x');
    await vdir.isNoticed();
    await vdir.onlySentinelIsNoticed();
    assert.equal(vdir.changes, 3);
  });

  it('is noticed in a collection that is new since the start', async () => {
    await vdir.start();
    await mkdir(vdir.at('home'));
    await vdir.isNoticed();
    await writeFile(vdir.at('home', '1.ics'), 'x');
    await vdir.isNoticed();
  });

  it('is noticed in a collection that was deleted and made anew at once, which may get the same number', async () => {
    await mkdir(vdir.at('home'));
    await vdir.start();
    await rmdir(vdir.at('home'));
    await mkdir(vdir.at('home'));
    await vdir.isNoticed();
    await writeFile(vdir.at('home', '1.ics'), 'x');
    await vdir.isNoticed();
  });

  it('is noticed in a collection that was renamed', async () => {
    await vdir.start();
    await rename(vdir.at('work'), vdir.at('job'));
    await vdir.isNoticed();
    await rm(vdir.at('job', 'old.ics'));
    await vdir.isNoticed();
  });

  it('is told no more after the end, nor after closing', async () => {
    await vdir.start();
    const end = vdir.storage.watch?.(() => assert.fail('told after the end'));
    await vdir.storage.discover();
    end?.();
    await vdir.onlySentinelIsNoticed();
    await vdir.storage.close();
    assert.deepEqual(vdir.time.delays, []);
  });
});

describe('a folder that cannot be watched', () => {
  let told: string[];
  const tell = (_fields: object, message: string): void => void told.push(message);
  const log = { ...silentLogger, warn: tell, info: tell };
  beforeEach(() => (told = []));

  /** A minute passes, and what is then done is over. */
  const minutePasses = async (): Promise<void> => {
    vdir.time.advance(REARM_MS);
    await vdir.time.planned(REARM_MS);
  };

  /** It is watched again; what happened meanwhile may have been missed. */
  const isBack = async (): Promise<void> => {
    const call = vdir.nextCall();
    vdir.time.advance(REARM_MS);
    await call;
    await vdir.onlySentinelIsNoticed();
  };

  it('is told of once with the remedy, and watched later: a limit of the system', async () => {
    let isFull = true;
    await vdir.start({
      log,
      watchFolder(path, onEvent, onError) {
        if (path !== vdir.root && isFull)
          throw Object.assign(new Error('ENOSPC: no more watches'), { code: 'ENOSPC', syscall: 'watch' });
        return watchFolder(path, onEvent, onError);
      },
    });
    await minutePasses();
    assert.deepEqual(told, [
      `changes in ${vdir.root} are found on the interval only; the system allows no more watches: raise fs.inotify.max_user_watches with sysctl`,
    ]);
    assert.equal(vdir.changes, 0);
    isFull = false;
    await isBack();
    assert.deepEqual(told.slice(1), ['changes are noticed at once again']);
  });

  it('is told of once, and watched later: a root that vanished', async () => {
    await vdir.start({ log });
    await rename(vdir.root, `${vdir.root}.away`);
    await vdir.time.planned(REARM_MS / 2);
    await minutePasses();
    await minutePasses();
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /it is not there: mount its disk/);
    assert.equal(vdir.changes, 0);
    await rename(`${vdir.root}.away`, vdir.root);
    await isBack();
  });

  it('is told of, and watched later: a root that is not there at the start', async () => {
    await rename(vdir.root, `${vdir.root}.away`);
    await assert.rejects(vdir.start({ log }), /is not there/);
    assert.equal(told.length, 1);
    await rename(`${vdir.root}.away`, vdir.root);
    await isBack();
  });

  it('is watched again after the system ended its watch', async () => {
    const errors = new Map<string, (error: Error) => void>();
    await vdir.start({
      log,
      watchFolder(path, onEvent, onError) {
        errors.set(basename(path), onError);
        return watchFolder(path, onEvent, onError);
      },
    });
    errors.get('work')?.(new Error('gone'));
    assert.match(told[0] ?? '', /found on the interval only; it cannot be watched \(gone\)/);
    await isBack();
  });

  it('is none where no watch is wanted', async () => {
    await vdir.start({ watched: false });
    const end = vdir.storage.watch?.(() => {});
    assert.equal(end, undefined);
    assert.deepEqual(vdir.time.delays, []);
  });
});
