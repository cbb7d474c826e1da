import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../src/core/errors.ts';
import { BOOK, DAV, faultsOf, interpret, MOUNT, PAIR, VDIR } from '../support/config-texts.ts';

describe('a fault between tables', () => {
  const cases: [rule: string, text: string, want: string[]][] = [
    [
      'a mount of an unknown storage',
      `${VDIR}${MOUNT.replace('"local"', '"local",\n  "locale"')}`,
      ['m.toml:7: mount.storages[1]: there is no [storage.locale]; did you mean "local"?'],
    ],
    [
      'a mount when there is no storage at all',
      MOUNT,
      ['m.toml:3: mount.storages[0]: there is no [storage.local]; there are: none'],
    ],
    [
      'a storage mounted twice',
      `${VDIR}${MOUNT.replace('"local"', '"local", "local"')}`,
      ['m.toml:6: mount.storages[1]: "local" is in the list already'],
    ],
    [
      'a flat mount of both kinds',
      `${VDIR}${BOOK}${MOUNT.replace('"local"', '"local", "book"')}layout = "flat"`,
      [
        'm.toml:10: mount.layout: a flat mount takes storages of one kind only, calendars or contacts; use "nested" or leave some storages out',
      ],
    ],
    [
      'a mount inside a vdir',
      `${VDIR}${MOUNT.replace('/home/me/calendars', '~/.calendars/live')}`,
      [
        'm.toml:5: mount.path: /home/me/.calendars/live and the folder of storage.local (/home/me/.calendars) must not lie in each other',
      ],
    ],
    [
      'a vdir inside the mount',
      `${VDIR}${MOUNT.replace('/home/me/calendars', '~')}`,
      [
        'm.toml:5: mount.path: /home/me and the state folder (/home/me/.local/state/pimsync) must not lie in each other',
        'm.toml:5: mount.path: /home/me and the folder of storage.local (/home/me/.calendars) must not lie in each other',
      ],
    ],
    [
      'a mount inside the state folder',
      `state_path = "/var/state"\n${VDIR}${MOUNT.replace('/home/me/calendars', '/var/../var/state/x/')}`,
      ['m.toml:6: mount.path: /var/state/x and the state folder (/var/state) must not lie in each other'],
    ],
    [
      'a pair of unknown storages',
      VDIR + PAIR,
      ['m.toml:5: pair.p.a: there is no [storage.dav]; there are: local'],
    ],
    [
      'a pair of a storage with itself',
      `${VDIR}${PAIR.replace('"dav"', '"local"')}`,
      ['m.toml:6: pair.p.b: a and b are the same storage'],
    ],
    [
      'a pair of different kinds',
      `${DAV}${BOOK}${PAIR.replace('"local"', '"book"')}`,
      [
        'm.toml:9: pair.p.b: storage.dav holds calendars, storage.book holds contacts; a pair needs two of one kind',
      ],
    ],
    [
      'two storages on one folder',
      `${VDIR}[storage.again]\ntype = "vdir/icalendar"\npath = "~/.calendars/"`,
      ['m.toml:6: storage.again.path: storage.local has the same folder'],
    ],
  ];
  for (const [rule, text, want] of cases)
    it(`is told: ${rule}`, () => assert.deepEqual(faultsOf(text), want));

  it('is not told of a storage that is there, but broken', () => {
    const faults = faultsOf(`${VDIR}fileext = 1\n${MOUNT}`);
    assert.deepEqual(faults.length, 1);
    assert.match(faults[0] ?? '', /^m\.toml:4: storage\.local\.fileext/);
  });

  it('is not told where a name merely begins alike', () => {
    interpret(`${VDIR}${MOUNT.replace('/home/me/calendars', '/home/me/.calendars-live')}`);
  });
});

describe('a file with many faults', () => {
  it('is told all of them at once, in the order of the file', () => {
    const faults = faultsOf(`[pair.p]
a = "dav"
b = "nowhere"
[storage.dav]
type = "caldav"
ulr = "https://dav.example.com/"
interval = 5
[mount]
path = "calendars"
storages = ["dev"]
extra = 1
`);
    assert.deepEqual(
      faults.map((fault) => fault.split(': ').slice(0, 2).join(' ')),
      [
        'm.toml:1 pair.p.collections',
        'm.toml:3 pair.p.b',
        'm.toml:4 storage.dav.url',
        'm.toml:6 storage.dav.ulr',
        'm.toml:7 storage.dav.interval',
        'm.toml:9 mount.path',
        'm.toml:10 mount.storages[0]',
        'm.toml:11 mount.extra',
      ],
    );
  });
});

describe('a text that is not TOML', () => {
  it('is told with line and column, without the lines around', () => {
    assert.deepEqual(faultsOf('[storage.dav]\npassword = "hunter2\nurl = 1'), [
      'm.toml:2:20: this is not TOML: control characters are not allowed in strings',
    ]);
  });

  it('is told when a key stands there twice', () => {
    assert.match(
      faultsOf(`${DAV}url = "https://other/"`).join(),
      /^m\.toml:4:1: this is not TOML: .*redefine/,
    );
  });

  it('hides the lines around from the log too', () => {
    assert.throws(
      () => interpret('password = "hunter2\n'),
      (error) => error instanceof ConfigError && error.cause === undefined,
    );
  });
});
