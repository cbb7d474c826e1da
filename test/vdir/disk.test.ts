import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diskFor, patientDisk, quickDisk } from '../../src/vdir/disk.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('diskFor', () => {
  it('takes a folder on a local disk for quick', async () => {
    const { path, close } = await tempDir();
    assert.equal(await diskFor(path), quickDisk);
    await close();
  });

  it('takes a file system that it does not know for one that may keep us waiting', async () => {
    assert.equal(await diskFor('/proc'), patientDisk);
  });

  it('fails where there is no folder', async () => {
    await assert.rejects(diskFor('/proc/nothing'), { code: 'ENOENT' });
  });
});
