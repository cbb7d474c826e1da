import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '../../src/cache/database.ts';
import { eventText } from '../support/items.ts';
import { MountedCache } from '../support/mounted-cache.ts';
import { tempDir } from '../support/temp-dir.ts';
import { journalSteps } from './programs/journal-steps.ts';

const { path: folder, close } = await tempDir();
after(close);

const TABLES = [
  'counter',
  'inode',
  'entry',
  'body',
  'item',
  'tombstone',
  'version',
  'version_text',
  'staged',
  'mapping',
  'synced',
  'synced_text',
];
const dump = (db: Database): unknown =>
  TABLES.map((table) => db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all());

async function run(program: string, ...args: string[]): Promise<unknown> {
  const path = fileURLToPath(new URL(`./programs/${program}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], { stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal ?? code;
}

describe('a process killed right after a step returned', () => {
  it('leaves exactly what was done, whichever step it was (F27)', async () => {
    const expected = openDatabase(':memory:');
    expected.prepare('UPDATE inode SET mtime = 0, ctime = 0, atime = 0').run();
    let count = 0;
    for await (const _ of journalSteps(expected)) {
      count += 1;
      const path = join(folder, `killed-${count}.db`);
      const root = openDatabase(path);
      root.prepare('UPDATE inode SET mtime = 0, ctime = 0, atime = 0').run();
      root.close();
      assert.equal(await run('die-after.ts', path, String(count)), 'SIGKILL');
      const survivor = openDatabase(path);
      assert.deepEqual(dump(survivor), dump(expected), `after step ${count}`);
      assert.equal(survivor.pragma('integrity_check', { simple: true }), 'ok');
      survivor.close();
    }
    assert.ok(count >= 12);
  });
});

describe('file server and engine on one database', () => {
  it('neither keep each other out nor lose anything', async () => {
    const path = join(folder, 'shared.db');
    const cache = await MountedCache.open({ path });
    const engine = run('engine-load.ts', path);
    const done = engine.then(() => true);
    const turn = (): Promise<boolean> => new Promise((resolve) => void setImmediate(() => resolve(false)));
    let saved = 0;
    // As fast as it goes, for as long as the other one is at it.
    while (!(await Promise.race([done, turn()]))) {
      cache.clock.move(1);
      cache.save(
        `mine-${saved % 200}.ics`,
        eventText({ uid: `mine-${saved % 200}`, summary: String(saved) }),
      );
      saved += 1;
    }
    assert.equal(await engine, 0);
    const names = cache.names();
    assert.equal(names.length, 300 + Math.min(saved, 200));
    for (let index = 0; index < 300; index += 1) {
      assert.match(cache.text(`remote-${index}.ics`), /SUMMARY:coffee/);
    }
    const last = (saved - 1) % 200;
    assert.match(cache.text(`mine-${last}.ics`), new RegExp(`SUMMARY:${saved - 1}\r`));
    const seqs = cache.db.prepare<[], number>('SELECT seq FROM item').pluck().all();
    assert.equal(new Set(seqs).size, names.length);
    cache.settle();
    assert.equal((await cache.told()).changed.length, names.length);
    cache.close();
  });
});
