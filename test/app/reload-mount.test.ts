import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loadFrom, pinned } from '../../src/app/config-source.ts';
import { hindrancesOf, readAnew } from '../../src/app/reload-mount.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { DAV, interpret, MOUNT, PAIR, VDIR } from '../support/config-texts.ts';
import { tempDir } from '../support/temp-dir.ts';

const TEXT = `${DAV}${VDIR}${MOUNT}${PAIR}`;
const DIRECTORY = '/home/me/calendars';

describe('what a mount can take over while it is there', () => {
  const cases: [rule: string, after: string, want: string[], directory?: string][] = [
    ['the same once more', TEXT, []],
    ['settings of a storage', TEXT.replace('dav.example.com', 'dav.example.net'), []],
    ['an interval', TEXT.replace('type = "caldav"', 'type = "caldav"\ninterval = "9s"'), []],
    ['another folder of a vdir', TEXT.replace('.calendars', '.others'), []],
    ['pairs that come and go', `${DAV}${VDIR}${MOUNT}`, []],
    [
      'delays and conflict modes',
      TEXT.replace('["local"]', '["local"]\nwrite_delay = "9s"\nconflict = "newest"'),
      [],
    ],
    ['not: another state', `state_path = "/elsewhere"\n${TEXT}`, ['state_path']],
    ['not: another place', TEXT.replace('"/home/me/calendars"', '"/elsewhere"'), ['mount.path']],
    [
      'another place in the file, where the command line chose one',
      TEXT.replace('"/home/me/calendars"', '"/elsewhere"'),
      [],
      '/mnt',
    ],
    ['not: another layout', TEXT.replace('["local"]', '["local"]\nlayout = "flat"'), ['mount.layout']],
    ['not: more storages', TEXT.replace('["local"]', '["local", "dav"]'), ['mount.storages']],
    ['not: other storages', TEXT.replace('["local"]', '["dav"]'), ['mount.storages']],
    ['not: no mount any more', `${DAV}${VDIR}${PAIR}`, ['mount']],
    [
      'not: contacts in the place of events',
      `${VDIR.replace('icalendar', 'vcard')}${MOUNT}`,
      ['storage.local.type'],
    ],
    ['not: a vdir in the mount', TEXT.replace('.calendars', 'x'), ['storage.local.path'], '/home/me/x/mnt'],
  ];
  for (const [rule, after, want, directory = DIRECTORY] of cases) {
    it(rule, () => {
      const running = { config: interpret(TEXT), source: { type: 'none' }, directory } as const;
      assert.deepEqual(hindrancesOf(running, interpret(after)), want);
    });
  }

  it('storages in another order', () => {
    const both = TEXT.replace('["local"]', '["local", "dav"]');
    const running = { config: interpret(both), source: { type: 'none' }, directory: DIRECTORY } as const;
    assert.deepEqual(hindrancesOf(running, interpret(TEXT.replace('["local"]', '["dav", "local"]'))), []);
  });
});

describe('a configuration that is read anew', () => {
  const env = { HOME: '/home/me' };
  let folder: string;
  let path: string;
  let close: () => Promise<void>;
  let told: string[];
  const tell = (fields: object, message: string): void =>
    void told.push(`${message} ${JSON.stringify(fields)}`);
  const log = { ...silentLogger, error: tell, warn: tell };
  beforeEach(async () => {
    ({ path: folder, close } = await tempDir());
    path = join(folder, 'm.toml');
    told = [];
    await writeFile(path, TEXT, { mode: 0o600 });
  });
  afterEach(() => close());

  const read = async () => {
    const running = {
      config: interpret(TEXT),
      source: { type: 'file', path },
      directory: DIRECTORY,
    } as const;
    return readAnew(running, env, log);
  };

  it('stays what it was when it was read, whatever becomes of the file', async () => {
    await writeFile(path, TEXT.replace('dav.example.com', 'new.example.com'));
    const wanted = await read();
    assert.ok(wanted);
    await writeFile(path, 'nonsense');
    const again = await loadFrom(wanted.source, env);
    assert.equal((again.storages.get('dav') as { url: URL }).url.hostname, 'new.example.com');
    assert.deepEqual(told, []);
  });

  it('is told to be wrong with all its faults', async () => {
    await writeFile(path, `${TEXT}nonsense = 1\nmore = 2`);
    assert.equal(await read(), undefined);
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /^the new configuration cannot be used; the old one stays .*nonsense.*more/);
  });

  it('is told to be gone', async () => {
    await rm(path);
    assert.equal(await read(), undefined);
    assert.match(told[0] ?? '', /the old one stays .*m\.toml, named by -c, is not there/);
  });

  it('is told to change what cannot change', async () => {
    await writeFile(path, TEXT.replace('["local"]', '["dav"]\nlayout = "flat"'));
    assert.equal(await read(), undefined);
    assert.match(told[0] ?? '', /unmount and mount again .*"mount\.layout, mount\.storages"/);
  });

  it('is none for a mount without one', async () => {
    const storage = { type: 'vdir/icalendar', path: '/x' } as const;
    const running = {
      config: interpret(TEXT),
      source: { type: 'ad-hoc', storage, mountpoint: DIRECTORY },
      directory: DIRECTORY,
    } as const;
    assert.equal(await readAnew(running, env, log), undefined);
    assert.match(told[0] ?? '', /nothing to read anew/);
  });
});

describe('a pinned source', () => {
  it('of a missing default file stays the embedded default', async () => {
    const { path: home, close } = await tempDir();
    const env = { HOME: home };
    const source = await pinned({ type: 'file', path: undefined }, env);
    const { storages } = await loadFrom(source, env);
    assert.deepEqual([...storages.keys()], ['calendars', 'contacts']);
    await close();
  });

  it('of a missing file that was asked for is an error', async () => {
    await assert.rejects(pinned({ type: 'file', path: '/nowhere/m.toml' }, { HOME: '/' }), ConfigError);
  });
});
