import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import * as files from 'node:fs/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Mounted } from '../support/mounted.ts';
import { requirement } from '../support/requirements.ts';

describe('a mount, through the kernel', { skip: requirement('fuse') }, () => {
  let mounted: Mounted;
  const at = (name: string): string => mounted.at(name);
  before(async () => {
    mounted = await Mounted.start();
  });
  after(() => mounted.stop());
  beforeEach(async () => {
    await mounted.sh('rm -rf ./* .[!.]*');
    await files.writeFile(at('a.ics'), 'old');
  });

  it('O_EXCL makes a file once', async () => {
    await files.writeFile(at('b.ics'), 'one', { flag: 'wx' });
    await assert.rejects(files.writeFile(at('b.ics'), 'two', { flag: 'wx' }), { code: 'EEXIST' });
    assert.equal(await files.readFile(at('b.ics'), 'utf8'), 'one');
  });

  it('appends add up, also from several processes at once', async () => {
    await mounted.sh('for n in 1 2 3 4; do (for m in 1 2 3 4 5; do echo line >> log; done) & done; wait');
    assert.equal(await files.readFile(at('log'), 'utf8'), 'line\n'.repeat(20));
  });

  it('truncates by path and by handle, and pads with zeros', async () => {
    await files.truncate(at('a.ics'), 1);
    assert.equal(await files.readFile(at('a.ics'), 'utf8'), 'o');
    const handle = await files.open(at('a.ics'), 'r+');
    await handle.truncate(3);
    await handle.close();
    assert.equal(await files.readFile(at('a.ics'), 'utf8'), 'o\0\0');
    await mounted.sh(': > a.ics; test ! -s a.ics');
  });

  it('carries large files in pieces, byte for byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_001 }, (_, at) => (at * 31) % 251));
    await files.writeFile(at('big'), bytes);
    assert.ok(bytes.equals(await files.readFile(at('big'))));
    const { size, blocks } = await files.stat(at('big'));
    assert.deepEqual([size, blocks], [3_000_001, 5860]);
  });

  it('a rename replaces, and whoever reads the old file goes on reading it', async () => {
    const reader = await files.open(at('a.ics'), 'r');
    await files.writeFile(at('tmp'), 'new');
    await files.rename(at('tmp'), at('a.ics'));
    assert.equal(await files.readFile(at('a.ics'), 'utf8'), 'new');
    assert.equal(await reader.readFile('utf8'), 'old');
    await reader.close();
    assert.deepEqual(await files.readdir(at('')), ['a.ics']);
  });

  it('a rename of a file that is being written takes along what was written', async () => {
    const writer = await files.open(at('tmp'), 'wx');
    await writer.write('new');
    await files.rename(at('tmp'), at('a.ics'));
    assert.equal(await files.readFile(at('a.ics'), 'utf8'), 'new');
    await writer.write('er');
    await writer.close();
    assert.equal(await files.readFile(at('a.ics'), 'utf8'), 'newer');
  });

  it('a link is the same file, does not replace, and outlives the first name', async () => {
    await files.link(at('a.ics'), at('b.ics'));
    await assert.rejects(files.link(at('a.ics'), at('b.ics')), { code: 'EEXIST' });
    const [a, b] = [await files.stat(at('a.ics')), await files.stat(at('b.ics'))];
    assert.equal(a.ino, b.ino);
    await files.unlink(at('a.ics'));
    assert.equal(await files.readFile(at('b.ics'), 'utf8'), 'old');
  });

  it('an unlinked file lives while it is open, and leaves nothing behind', async () => {
    const handle = await files.open(at('tmpx'), 'wx+');
    await handle.write('one');
    await files.unlink(at('tmpx'));
    await handle.write('two');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(10), 0, 10, 0);
    assert.equal(buffer.subarray(0, bytesRead).toString(), 'onetwo');
    assert.equal((await handle.stat()).size, 6);
    await handle.close();
    assert.deepEqual(await files.readdir(at('')), ['a.ics']);
  });

  it('symbolic links are for scratch', async () => {
    await files.symlink('me@host.1', at('.#a'));
    assert.equal(await files.readlink(at('.#a')), 'me@host.1');
    await assert.rejects(files.symlink('x', at('b.ics')), { code: 'EPERM' });
    await assert.rejects(files.readlink(at('a.ics')), { code: 'EINVAL' });
  });

  it('hidden folders are for scratch', async () => {
    await files.mkdir(at('.~tmp~'));
    await files.writeFile(at('.~tmp~/a.ics'), 'new');
    await assert.rejects(files.rmdir(at('.~tmp~')), { code: 'ENOTEMPTY' });
    await files.rename(at('.~tmp~/a.ics'), at('a.ics'));
    await files.rmdir(at('.~tmp~'));
    assert.equal(await files.readFile(at('a.ics'), 'utf8'), 'new');
    await assert.rejects(files.mkdir(at('folder')), { code: 'EPERM' });
  });

  it('chmod and chown are accepted', async () => {
    await files.chmod(at('a.ics'), 0o600);
    await files.chown(at('a.ics'), process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    assert.equal((await files.stat(at('a.ics'))).mode & 0o777, 0o644);
    await files.writeFile(at('scratch'), '', { mode: 0o600 });
    assert.equal((await files.stat(at('scratch'))).mode & 0o777, 0o600);
  });

  it('times are kept to the millisecond, each its own', async () => {
    await files.utimes(at('a.ics'), 981_173_106.5, 1_234_567_890.125);
    const { atimeMs, mtimeMs } = await files.stat(at('a.ics'));
    assert.deepEqual([atimeMs, mtimeMs], [981_173_106_500, 1_234_567_890_125]);
  });

  it('times before 1970 are accepted and show as 1970', async () => {
    await mounted.sh('touch -d 1965-01-01T00:00:00Z a.ics');
    assert.equal((await files.stat(at('a.ics'))).mtimeMs, 0);
  });

  it('inode numbers stay with the file', async () => {
    const { ino } = await files.stat(at('a.ics'));
    await files.writeFile(at('a.ics'), 'new');
    await files.rename(at('a.ics'), at('b.ics'));
    await files.link(at('b.ics'), at('c.ics'));
    await files.unlink(at('b.ics'));
    assert.equal((await files.stat(at('c.ics'))).ino, ino);
  });

  it('the time that fstat shows on a temporary file is that of the item it becomes', async () => {
    const handle = await files.open(at('tmpab12'), 'wx');
    await handle.write('item');
    await handle.sync();
    const { mtimeNs } = await handle.stat({ bigint: true });
    await handle.close();
    await files.link(at('tmpab12'), at('n.ics'));
    await files.unlink(at('tmpab12'));
    assert.equal((await files.stat(at('n.ics'), { bigint: true })).mtimeNs, mtimeNs);
  });

  it('fsync works on readers and folders', async () => {
    for (const name of ['a.ics', '']) {
      const handle = await files.open(at(name), constants.O_RDONLY);
      await handle.sync();
      await handle.datasync();
      await handle.close();
    }
  });

  it('names have at most 255 bytes', async () => {
    await files.writeFile(at(`${'ä'.repeat(127)}x`), '');
    await assert.rejects(files.writeFile(at('ä'.repeat(128)), ''), { code: 'ENAMETOOLONG' });
  });

  it('names are UTF-8, and what is not is refused rather than renamed', async () => {
    const name = Buffer.concat([Buffer.from(at('')), Buffer.from([0xff, 0xfe]), Buffer.from('.ics')]);
    await assert.rejects(files.writeFile(name, ''), { code: 'EILSEQ' });
    await files.writeFile(at('Grüße 🎉 "\\n" %41.ics'), 'x');
    assert.ok((await files.readdir(at(''))).includes('Grüße 🎉 "\\n" %41.ics'));
  });

  it('df tells the disk, and names of 255 bytes', async () => {
    const { blocks, bsize } = await files.statfs(at(''));
    assert.ok(blocks * bsize > 2 ** 20);
    assert.equal((await mounted.sh('stat -f -c %l .')).trim(), '255');
  });

  it('a mapped file can be read', async () => {
    await mounted.sh('grep -c old a.ics; cmp a.ics a.ics; cp a.ics b.ics; cmp a.ics b.ics');
  });

  it('locks are local and work', async () => {
    await mounted.sh('flock a.ics true');
  });

  it('readers in parallel all get the whole file', async () => {
    const text = 'x'.repeat(5000);
    await files.writeFile(at('a.ics'), text);
    const reading = Array.from({ length: 200 }, () => files.readFile(at('a.ics'), 'utf8'));
    assert.ok((await Promise.all(reading)).every((got) => got === text));
  });

  it('a change shows in the time of the folder, and a plain time on the folder does not', async () => {
    const before = (await files.stat(at(''))).mtimeMs;
    await files.writeFile(at('b.ics'), 'x');
    const changed = (await files.stat(at(''))).mtimeMs;
    assert.ok(changed > before);
    await files.utimes(at(''), 0, 0);
    assert.equal((await files.stat(at(''))).mtimeMs, changed);
  });

  it('git works in it', async () => {
    await mounted.sh(
      'mkdir .g; cd .g; git init -q .; echo x > f; git add f; git -c user.name=x -c user.email=x commit -qm x; git fsck',
    );
  });
});
