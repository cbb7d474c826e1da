import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import SQLite from 'better-sqlite3';
import { openDatabase } from '../../src/cache/database.ts';
import { MIGRATIONS } from '../../src/cache/schema.ts';
import { StateError } from '../../src/core/errors.ts';
import { tempDir } from '../support/temp-dir.ts';

const { path: folder, close } = await tempDir();
after(close);
const mode = (path: string): number => statSync(path).mode & 0o777;

describe('openDatabase', () => {
  it('makes folder and files that only their owner can read', () => {
    const path = join(folder, 'private', 'state.db');
    const db = openDatabase(path);
    db.exec('UPDATE counter SET seq = 1');
    assert.equal(mode(join(folder, 'private')), 0o700);
    for (const suffix of ['', '-wal', '-shm']) assert.equal(mode(path + suffix), 0o600, suffix);
    db.close();
  });

  it('takes rights from others on a file that has them', () => {
    const path = join(folder, 'open.db');
    writeFileSync(path, '', { mode: 0o644 });
    openDatabase(path).close();
    assert.equal(mode(path), 0o600);
  });

  it('keeps rows over reopening, with foreign keys on and a log that readers do not wait for', () => {
    const path = join(folder, 'kept.db');
    const first = openDatabase(path);
    first.exec('UPDATE counter SET seq = 7');
    first.close();
    const db = openDatabase(path);
    assert.equal(db.prepare('SELECT seq FROM counter').pluck().get(), 7);
    assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
    assert.equal(db.pragma('foreign_keys', { simple: true }), 1);
    assert.equal(db.pragma('busy_timeout', { simple: true }), 5000);
    assert.equal(db.pragma('user_version', { simple: true }), MIGRATIONS.length);
    db.close();
  });

  it('leaves a database of a newer program as it is', () => {
    const path = join(folder, 'newer.db');
    const newer = openDatabase(path);
    newer.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    newer.close();
    const before = readFileSync(path);
    assert.throws(
      () => openDatabase(path),
      (error) => error instanceof StateError && /newer pimsync .* left as it is/.test(error.message),
    );
    assert.deepEqual(readFileSync(path), before);
  });

  it('leaves a database of another program as it is', () => {
    const path = join(folder, 'foreign.db');
    const foreign = new SQLite(path);
    foreign.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)');
    foreign.close();
    const before = readFileSync(path);
    assert.throws(() => openDatabase(path), /another program/);
    assert.deepEqual(readFileSync(path), before);
  });

  it('leaves a file that is no database as it is', () => {
    const path = join(folder, 'noise.db');
    writeFileSync(path, 'no database '.repeat(1000));
    const before = readFileSync(path);
    assert.throws(
      () => openDatabase(path),
      (error) => error instanceof StateError && /move it away/.test(error.message),
    );
    assert.deepEqual(readFileSync(path), before);
  });

  it('refuses a damaged database without touching it', () => {
    const path = join(folder, 'damaged.db');
    openDatabase(path).close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 100, 3000);
    writeFileSync(path, bytes);
    assert.throws(() => openDatabase(path), StateError);
    assert.deepEqual(readFileSync(path), bytes);
  });

  it('tells in one line where it cannot write', () => {
    const inFile = join(folder, 'kept.db', 'state.db');
    assert.throws(
      () => openDatabase(inFile),
      (error) => error instanceof StateError && error.message.includes(inFile),
    );
  });

  it('takes no step twice and none by half', () => {
    const path = join(folder, 'half.db');
    const half = new SQLite(path);
    half.pragma('application_id = 1885957491');
    half.exec('CREATE TABLE entry (in_the_way)');
    half.close();
    assert.throws(() => openDatabase(path), /already exists/);
    const db = new SQLite(path);
    assert.equal(db.pragma('user_version', { simple: true }), 0);
    assert.equal(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get(), 1);
    db.close();
  });

  it('lets several processes make it at the same moment', async () => {
    const program = fileURLToPath(new URL('./programs/open-database.ts', import.meta.url));
    for (let round = 0; round < 3; round += 1) {
      const path = join(folder, `race-${round}.db`);
      const codes = await Promise.all(
        Array.from({ length: 4 }, async () => {
          const child = spawn(process.execPath, ['--import', 'tsx', program, path], { stdio: 'inherit' });
          const [code] = (await once(child, 'exit')) as [number | null];
          return code;
        }),
      );
      assert.deepEqual(codes, [0, 0, 0, 0]);
      const db = openDatabase(path);
      assert.equal(db.prepare('SELECT seq FROM counter').pluck().get(), 4);
      db.close();
    }
  });
});
