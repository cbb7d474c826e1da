import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultsOf } from '../support/config-texts.ts';

describe('a storage without a known type', () => {
  const missing =
    'type: missing; expected one of "caldav", "carddav", "webcal", "vdir/icalendar", "vdir/vcard"';
  const url = 'url: expected a URL such as "https://dav.example.com/" (https or http), got another text';
  const cases: [rule: string, lines: readonly string[], want: readonly string[]][] = [
    [
      'a misspelt type key and a wrong value',
      ['typ = "caldav"', 'url = "ftp://x"'],
      [
        `1: storage.x.${missing}`,
        '2: storage.x.typ: unknown key; did you mean "type"?',
        `3: storage.x.${url}`,
      ],
    ],
    [
      'what a folder lacks, by its keys',
      ['fileext = "a/b"'],
      [
        `1: storage.x.${missing}`,
        '1: storage.x.path: missing; expected an absolute path or one that begins with "~/"',
        '2: storage.x.fileext: expected a file extension such as ".ics", got "a/b"',
      ],
    ],
    [
      'what an account lacks, by its keys',
      ['username = ""'],
      [
        `1: storage.x.${missing}`,
        '1: storage.x.url: missing; expected a URL such as "https://dav.example.com/"',
        '2: storage.x.username: expected a user name, got another text',
      ],
    ],
    ['no key of the other kind', ['url = "https://x/"', 'username = "me"', 'path = "x"'], [missing]],
    ['nothing missing where no key tells', ['read_only = true'], [missing]],
    ['nothing missing where keys tell both', ['url = "https://x/"', 'path = "/x"'], [missing]],
    [
      'a wrong value where keys tell both',
      ['url = "ftp://x"', 'path = "/x"'],
      [`1: storage.x.${missing}`, `2: storage.x.${url}`],
    ],
    [
      'a key of either kind that was meant',
      ['url = "https://x/"', 'usrname = "me"', 'fileex = ".ics"'],
      [
        `1: storage.x.${missing}`,
        '3: storage.x.usrname: unknown key; did you mean "username"?',
        '4: storage.x.fileex: unknown key; did you mean "fileext"?',
      ],
    ],
  ];
  for (const [rule, lines, want] of cases) {
    it(`is told: ${rule}`, () => {
      const full = want.map((line) => `m.toml:${line === missing ? `1: storage.x.${missing}` : line}`);
      assert.deepEqual(faultsOf(['[storage.x]', ...lines].join('\n')), full);
    });
  }

  it('is told with what else is wrong when the type is misspelt', () => {
    const faults = faultsOf('[storage.x]\ntype = "caldev"\nurl = "ftp://x"');
    assert.match(faults[0] ?? '', /^m\.toml:2: storage\.x\.type: .*did you mean "caldav"\?$/);
    assert.deepEqual(faults.slice(1), [`m.toml:3: storage.x.${url}`]);
  });
});
