import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DavStorageConfig } from '../../src/config/config.ts';
import { DAV, interpret, MOUNT, PAIR, VDIR } from '../support/config-texts.ts';

describe('interpretConfig', () => {
  it('fills in the defaults', () => {
    const config = interpret(DAV + VDIR + MOUNT + PAIR);
    assert.equal(config.path, 'm.toml');
    assert.equal(config.statePath, '/home/me/.local/state/pimsync');
    assert.deepEqual(config.storages.get('dav'), {
      name: 'dav',
      type: 'caldav',
      kind: 'calendar',
      url: new URL('https://dav.example.com/'),
      window: undefined,
      username: undefined,
      password: undefined,
      readOnly: false,
      noDelete: false,
      intervalMs: 300_000,
      maxItemBytes: 20_971_520,
      timeoutMs: undefined,
      maxResponseBytes: 67_108_864,
      userAgent: undefined,
      tlsRoot: undefined,
      headers: {},
    } satisfies DavStorageConfig);
    assert.deepEqual(config.storages.get('local'), {
      name: 'local',
      type: 'vdir/icalendar',
      kind: 'calendar',
      path: '/home/me/.calendars',
      fileext: undefined,
      watch: true,
      postHook: undefined,
      preDeletionHook: undefined,
      readOnly: false,
      noDelete: false,
      intervalMs: 30_000,
      maxItemBytes: 20_971_520,
    });
    assert.deepEqual(config.mount, {
      path: '/home/me/calendars',
      storages: ['local'],
      layout: 'nested',
      writeDelayMs: 2000,
      deleteDelayMs: 5000,
      historyMs: 2_592_000_000,
      historyBytes: 268_435_456,
      conflict: 'merge',
    });
    assert.deepEqual(
      [...config.pairs.values()],
      [
        {
          name: 'p',
          a: 'dav',
          b: 'local',
          collections: { type: 'all' },
          onEmpty: 'skip',
          onDelete: 'sync',
          oneWay: false,
          properties: ['displayname', 'color', 'description', 'order'],
          conflict: 'merge',
          onChange: undefined,
        },
      ],
    );
    assert.deepEqual(config.warnings, []);
  });

  it('accepts an empty file, in which nothing is to be done', () => {
    const config = interpret('');
    assert.equal(config.storages.size + config.pairs.size, 0);
    assert.equal(config.mount, undefined);
  });

  it('reads durations in all their units', () => {
    const { mount } = interpret(`${VDIR}${MOUNT}write_delay = "250ms"\ndelete_delay = "1h"`);
    assert.deepEqual([mount?.writeDelayMs, mount?.deleteDelayMs], [250, 3_600_000]);
  });

  it('reads how long and how much of the history is kept', () => {
    const of = (lines: string): (number | undefined)[] => {
      const { mount } = interpret(`${VDIR}${MOUNT}${lines}`);
      return [mount?.historyMs, mount?.historyBytes];
    };
    assert.deepEqual(of('history = "7d"\nhistory_size = "1GB"'), [604_800_000, 1_073_741_824]);
    assert.deepEqual(of('history = "12h"\nhistory_size = "1MB"'), [43_200_000, 1_048_576]);
    assert.equal(of('history = "off"')[0], 0);
  });

  it('reads sizes in all their units, in steps of 1024', () => {
    const { storages } = interpret(`${DAV}max_item = "512kB"\nmax_response = "256MB"\n`);
    const { maxItemBytes, maxResponseBytes } = storages.get('dav') as DavStorageConfig;
    assert.deepEqual([maxItemBytes, maxResponseBytes], [524_288, 268_435_456]);
  });

  it('puts the home folder into every path', () => {
    const config = interpret(
      `state_path = "~/state"\n[storage.dav]\ntype = "caldav"\nurl = "https://d/"\nusername = "me"\ntls_root = "~/root.pem"\n` +
        `password = { command = ["~/bin/pw", "~/x", "a~/b"] }\n[storage.local]\ntype = "vdir/vcard"\npath = "~/c"\n` +
        `[storage.other]\ntype = "caldav"\nurl = "https://o/"\nusername = "me"\npassword = { file = "~/pw" }`,
    );
    const dav = config.storages.get('dav') as DavStorageConfig;
    const other = config.storages.get('other') as DavStorageConfig;
    assert.equal(config.statePath, '/home/me/state');
    assert.equal(dav.tlsRoot, '/home/me/root.pem');
    assert.deepEqual(dav.password, { type: 'command', argv: ['/home/me/bin/pw', '/home/me/x', 'a~/b'] });
    assert.deepEqual(other.password, { type: 'file', path: '/home/me/pw' });
    assert.equal((config.storages.get('local') as { path: string }).path, '/home/me/c');
  });

  it('reads single collections of a pair, with and without alias', () => {
    const text = PAIR.replace('"all"', '["x", { a = "y", b = "z" }, { alias = "w", a = "u", b = "v" }]');
    assert.deepEqual(interpret(DAV + VDIR + text).pairs.get('p')?.collections, {
      type: 'list',
      entries: [
        { name: 'x', a: 'x', b: 'x' },
        { name: 'y', a: 'y', b: 'z' },
        { name: 'w', a: 'u', b: 'v' },
      ],
    });
  });

  it('adds the dot to a file extension', () => {
    const config = interpret(`${VDIR}fileext = "ical"`);
    assert.equal((config.storages.get('local') as { fileext?: string }).fileext, '.ical');
  });

  it('prints no password, however the configuration is printed', () => {
    const config = interpret(`${DAV}username = "me"\npassword = "hunter2"`);
    assert.doesNotMatch(JSON.stringify([...config.storages]), /hunter2/);
  });

  it('warns of a password that goes over the network unencrypted, but not to this machine', () => {
    const over = (url: string): readonly string[] =>
      interpret(`${DAV.replace('https://dav.example.com/', url)}username = "me"\npassword = "x"`).warnings;
    assert.match(over('http://dav.example.com/').join(), /storage\.dav: .*unencrypted/);
    assert.deepEqual(over('http://localhost:5232/'), []);
    assert.deepEqual(over('http://[::1]:5232/'), []);
  });
});
