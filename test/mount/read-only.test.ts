import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { endsOf } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import { versionedEvent } from '../support/saver.ts';
import { VdirSource } from '../support/vdir-source.ts';

const skip = requirement('fuse');
/** More of each than are published at once. */
const names = (word: string): string[] => Array.from({ length: 6 }, (_, n) => `${word}${n}.ics`);

const CASES = [
  { title: 'a storage with read_only = true', options: { lines: ['read_only = true'] } },
  { title: 'a mount with --read-only', options: { args: ['--read-only'] } },
];

// Also run for a user other than root, by as-user.test.ts.
for (const { title, options } of CASES)
  describe(title, { skip, timeout: 120_000 }, () => {
    it('refuses every change at once, and shows no right to it', async (t) => {
      const { shown } = await VdirSource.mounted(endsOf(t), ['e0.ics'], options);
      const file = join(shown, 'e0.ics');
      const changes = {
        'open for writing': () => writeFile(file, 'mine'),
        truncate: () => truncate(file, 3),
        create: () => writeFile(join(shown, 'mine.ics'), 'mine'),
        'create scratch': () => writeFile(join(shown, 'notes'), 'mine'),
        unlink: () => unlink(file),
        rename: () => rename(file, join(shown, 'e1.ics')),
        mkdir: () => mkdir(join(shown, '.hidden')),
      };
      for (const [change, attempt] of Object.entries(changes))
        await assert.rejects(
          attempt(),
          ({ code }: NodeJS.ErrnoException) => code === 'EROFS' || code === 'EACCES',
          change,
        );
      assert.equal((await stat(file)).mode & 0o222, 0);
      assert.equal((await stat(shown)).mode & 0o222, 0);
      assert.equal(await readFile(file, 'utf8'), versionedEvent('e0.ics', 0));
    });

    it('shows what is changed, new and gone elsewhere, many at a time', async (t) => {
      const source = await VdirSource.mounted(
        endsOf(t),
        [...names('old'), ...names('gone'), 'stays.ics'],
        options,
      );
      for (const name of names('old')) await source.put(name, 1);
      for (const name of names('new')) await source.put(name, 1);
      for (const name of names('gone')) await source.remove(name);
      const { status, stderr } = await source.place.pimsync(['sync']);
      assert.deepEqual([status, stderr], [0, '']);
      assert.deepEqual(
        (await readdir(source.shown)).toSorted(),
        [...names('old'), ...names('new'), 'stays.ics'].toSorted(),
      );
      for (const name of [...names('old'), ...names('new')])
        assert.equal(await readFile(join(source.shown, name), 'utf8'), versionedEvent(name, 1));
      assert.equal((await stat(join(source.shown, 'old0.ics'))).mode & 0o222, 0);
      assert.equal((await stat(source.shown)).mode & 0o222, 0);
    });
  });
