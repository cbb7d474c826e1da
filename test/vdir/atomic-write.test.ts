import assert from 'node:assert/strict';
import { type BigIntStats, constants } from 'node:fs';
import * as disk from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { syncFolder, writeNew, writeOver } from '../../src/vdir/atomic-write.ts';
import { type Disk, patientDisk, quickDisk } from '../../src/vdir/disk.ts';
import { etagOf } from '../../src/vdir/fingerprint.ts';
import { tempDir } from '../support/temp-dir.ts';

/** Both manners have to do the same. */
const MANNERS = { patient: patientDisk, quick: quickDisk } as const;

let ours: Disk = patientDisk;
let folder: string;
let close: () => Promise<void>;
beforeEach(async () => ({ path: folder, close } = await tempDir()));
afterEach(() => close());

const statOf = (name: string): Promise<BigIntStats> => disk.lstat(join(folder, name), { bigint: true });
const textOf = (name: string): Promise<string> => disk.readFile(join(folder, name), 'utf8');
const writeOne = (text = 'neu', calls: Disk = ours): ReturnType<typeof writeNew> =>
  writeNew({ folder, name: '1.ics', text }, calls);
const nothing = async (): Promise<void> => {};

async function replaceOne(text: string, calls: Disk = ours, lastCheck = nothing): Promise<string> {
  const old = await statOf('1.ics');
  return writeOver({ folder, name: '1.ics', text }, { old, lastCheck }, calls);
}

/** A system call that answers with `code`. */
const failing = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(`${code}: put in by the test`), { code, syscall: 'test' });
};

/** A disk whose files fail at one of their calls. */
function withBadFiles(call: 'writeFile' | 'sync' | 'stat'): Disk {
  const open: Disk['open'] = async (...args) =>
    Object.assign(await ours.open(...args), { [call]: failing('ENOSPC') });
  return { ...ours, open };
}

for (const [manner, itsDisk] of Object.entries(MANNERS)) {
  describe(`on a ${manner} disk`, () => {
    before(() => {
      ours = itsDisk;
    });

    describe('writeNew', () => {
      it('answers the etag that the file has under its name', async () => {
        const etag = await writeOne();
        assert.equal(etag, etagOf(await statOf('1.ics')));
        assert.equal(await textOf('1.ics'), 'neu');
      });

      it('leaves nothing but the file', async () => {
        await writeOne();
        assert.deepEqual(await disk.readdir(folder), ['1.ics']);
      });

      it('gives the file the mode that any new file gets', async () => {
        await writeOne();
        assert.equal((await statOf('1.ics')).mode & 0o777n, BigInt(0o666 & ~process.umask()));
      });

      it('touches no file that is there', async () => {
        await disk.writeFile(join(folder, '1.ics'), 'old');
        assert.equal(await writeOne(), undefined);
        assert.equal(await textOf('1.ics'), 'old');
        assert.deepEqual(await disk.readdir(folder), ['1.ics']);
      });

      for (const code of ['EPERM', 'EOPNOTSUPP', 'ENOSYS']) {
        it(`does without hard links where they are answered with ${code}`, async () => {
          const calls = { ...ours, link: failing(code) };
          assert.equal(await writeOne('neu', calls), etagOf(await statOf('1.ics')));
          assert.equal(await writeOne('neuer', calls), undefined);
          assert.equal(await textOf('1.ics'), 'neu');
          assert.deepEqual(await disk.readdir(folder), ['1.ics']);
        });
      }

      const faults: [what: string, calls: () => Partial<Disk>][] = [
        ['the link fails', () => ({ link: failing('EIO') })],
        ['neither link nor rename works', () => ({ link: failing('EPERM'), rename: failing('EIO') })],
        ['the text does not fit', () => withBadFiles('writeFile')],
        ['the text cannot be made to last', () => withBadFiles('sync')],
        ['the file cannot be looked at', () => withBadFiles('stat')],
      ];
      for (const [what, calls] of faults) {
        it(`leaves nothing behind when ${what}`, async () => {
          await assert.rejects(writeOne('neu', { ...ours, ...calls() }), /put in by the test/);
          assert.deepEqual(await disk.readdir(folder), []);
        });
      }
    });

    describe('writeOver', () => {
      beforeEach(() => disk.writeFile(join(folder, '1.ics'), 'old'));

      it('answers the etag that the file has afterwards, another one than before', async () => {
        const before = etagOf(await statOf('1.ics'));
        const etag = await replaceOne('neu');
        assert.equal(etag, etagOf(await statOf('1.ics')));
        assert.notEqual(etag, before);
        assert.equal(await textOf('1.ics'), 'neu');
        assert.deepEqual(await disk.readdir(folder), ['1.ics']);
      });

      it('keeps the mode of the file, so that a private one stays private', async () => {
        await disk.chmod(join(folder, '1.ics'), 0o600);
        await replaceOne('neu');
        assert.equal((await statOf('1.ics')).mode & 0o777n, 0o600n);
      });

      for (const [what, date] of [
        ['lies in the future', new Date('2199-01-01')],
        ['lies in the past', new Date('2001-01-01')],
      ] as const) {
        it(`gives a later time than the old one, which ${what}`, async () => {
          await disk.utimes(join(folder, '1.ics'), date, date);
          const before = await statOf('1.ics');
          const etag = await replaceOne('neu');
          const after = await statOf('1.ics');
          assert.ok(after.mtimeNs > before.mtimeNs);
          assert.equal(etag, etagOf(after));
        });
      }

      const faults: [what: string, calls: () => Partial<Disk>, lastCheck?: () => Promise<void>][] = [
        ['the rename fails', () => ({ rename: failing('EIO') })],
        ['the text does not fit', () => withBadFiles('writeFile')],
        ['the text cannot be made to last', () => withBadFiles('sync')],
        ['the last check fails', () => ({}), failing('ETEST')],
      ];
      for (const [what, calls, lastCheck] of faults) {
        it(`leaves all as it was when ${what}`, async () => {
          const before = etagOf(await statOf('1.ics'));
          await assert.rejects(replaceOne('neu', { ...ours, ...calls() }, lastCheck), /put in by the test/);
          assert.deepEqual(await disk.readdir(folder), ['1.ics']);
          assert.equal(await textOf('1.ics'), 'old');
          assert.equal(etagOf(await statOf('1.ics')), before);
        });
      }

      it('lets a reader that has the file open finish with the old text', async () => {
        const handle = await disk.open(join(folder, '1.ics'), constants.O_RDONLY);
        await replaceOne('neu');
        assert.equal(await handle.readFile('utf8'), 'old');
        await handle.close();
      });
    });
  });
}

describe('syncFolder', () => {
  it('refuses what is no folder', async () => {
    await disk.writeFile(join(folder, 'file'), '');
    await assert.rejects(syncFolder(join(folder, 'file')), { code: 'ENOTDIR' });
  });
});
