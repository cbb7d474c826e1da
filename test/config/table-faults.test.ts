import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAV, faultsOf, MOUNT, PAIR, VDIR } from '../support/config-texts.ts';

describe('a fault in a table', () => {
  const cases: [rule: string, text: string, want: string | RegExp][] = [
    [
      'a misspelt key, with the one that was meant',
      `${DAV}usrname = "me"`,
      'm.toml:4: storage.dav.usrname: unknown key; did you mean "username"?',
    ],
    [
      'a key that is like none, with those there are',
      `${VDIR}colour = "red"`,
      'm.toml:4: storage.local.colour: unknown key; known here: type, read_only, no_delete, max_item, interval, path, fileext, watch, post_hook, pre_deletion_hook',
    ],
    [
      'a key that the other type has',
      `${VDIR}url = "https://x/"`,
      /^m\.toml:4: storage\.local\.url: unknown key/,
    ],
    [
      'a key that would switch off the check of certificates',
      `${DAV}verify = false`,
      /^m\.toml:4: storage\.dav\.verify: unknown key/,
    ],
    ['a misspelt table', `${VDIR}[mont]\npath = "/x"`, 'm.toml:4: mont: unknown key; did you mean "mount"?'],
    [
      'a key of a later version',
      `${DAV}${VDIR}${PAIR}jmap = "merge"`,
      /^m\.toml:11: pair\.p\.jmap: unknown key/,
    ],
    [
      'an unknown mode for conflicts, with those there are',
      `${DAV}${VDIR}${PAIR}conflict = "ours"`,
      'm.toml:11: pair.p.conflict: expected one of "merge", "manual", "keep a", "keep b", "newest" or { command = ["prog", "arg"] }, got "ours"',
    ],
    [
      'a missing key, at its table',
      `\n\n[storage.dav]\ntype = "caldav"`,
      'm.toml:3: storage.dav.url: missing; expected a URL such as "https://dav.example.com/"',
    ],
    [
      'a missing type',
      '[storage.x]\nurl = "https://x/"',
      /^m\.toml:1: storage\.x\.type: missing; expected one of "caldav", "carddav", "webcal", "vdir\/icalendar", "vdir\/vcard"$/,
    ],
    [
      'a type of a later version, with those there are',
      '[storage.x]\ntype = "jmap"',
      'm.toml:2: storage.x.type: this version has no storages of type "jmap"; expected one of "caldav", "carddav", "webcal", "vdir/icalendar", "vdir/vcard"',
    ],
    ['a misspelt type', '[storage.x]\ntype = "caldev"', /did you mean "caldav"\?$/],
    ['a type that is no text', '[storage.x]\ntype = 1', /^m\.toml:2: storage\.x\.type: expected one of/],
    [
      'a wrong type of value',
      `${DAV}read_only = "yes"`,
      'm.toml:4: storage.dav.read_only: expected true or false, without quotes, got "yes"',
    ],
    [
      'a duration without unit',
      `${DAV}interval = 300`,
      'm.toml:4: storage.dav.interval: expected a duration such as "90s", "5m", "1h" or "250ms", at most 576h, at least 1s, got 300',
    ],
    ['a duration in words', `${DAV}interval = "5 minutes"`, /expected a duration .*, got "5 minutes"$/],
    ['a duration that is too short', `${DAV}interval = "10ms"`, /at least 1s, got "10ms"$/],
    [
      'a duration that no timer can wait',
      `${DAV}interval = "9999h"`,
      /at most 576h, at least 1s, got "9999h"$/,
    ],
    [
      'a size without unit',
      `${DAV}max_response = 64`,
      'm.toml:4: storage.dav.max_response: expected a size such as "512kB" or "20MB", at least 1kB and at most 256MB, got 64',
    ],
    ['a size of another unit', `${VDIR}max_item = "20MiB"`, /max_item: expected a size .*, got "20MiB"$/],
    ['a size of nothing', `${VDIR}max_item = "0kB"`, /max_item: expected a size .*, got "0kB"$/],
    ['a size that is too large', `${VDIR}max_item = "257MB"`, /at most 256MB, got "257MB"$/],
    ['an answer limit for a folder', `${VDIR}max_response = "1MB"`, /max_response: unknown key/],
    [
      'a history of no time',
      `${VDIR}${MOUNT}history = "0d"`,
      /history: expected a time such as "30d" or "12h", or "off", got "0d"$/,
    ],
    [
      'a history that is hardly any',
      `${VDIR}${MOUNT}history_size = "512kB"`,
      /history_size: expected a size .*at least 1MB and at most 64GB, got "512kB"$/,
    ],
    ['a negative duration', `${VDIR}${MOUNT}write_delay = "-1s"`, /expected a duration/],
    [
      'a URL without scheme',
      DAV.replace('https://', ''),
      /storage\.dav\.url: expected a URL such as .*, got another text$/,
    ],
    [
      'a URL of another scheme',
      DAV.replace('https', 'ftp'),
      /storage\.dav\.url: expected .* \(https or http\)/,
    ],
    [
      'a URL with a password in it, without repeating it',
      DAV.replace('https://', 'https://me:hunter2@'),
      'm.toml:3: storage.dav.url: expected a URL without user and password; they have keys of their own, got another text',
    ],
    [
      'a relative path',
      VDIR.replace('/home/me/', ''),
      /storage\.local\.path: expected an absolute path or one that begins with "~\/", got "\.calendars"$/,
    ],
    [
      "another user's home",
      VDIR.replace('/home/me/', '~you/'),
      /storage\.local\.path: expected an absolute path/,
    ],
    [
      'an empty path',
      VDIR.replace('/home/me/.calendars', ''),
      /storage\.local\.path: expected an absolute path/,
    ],
    [
      'a path with NUL',
      VDIR.replace('/.calendars', '/\\u0000'),
      /storage\.local\.path: expected an absolute path/,
    ],
    [
      'an extension with a slash',
      `${VDIR}fileext = "a/b"`,
      /fileext: expected a file extension such as ".ics"/,
    ],
    ['the extension of unfinished files', `${VDIR}fileext = ".tmp"`, /fileext: expected another extension/],
    [
      'a header name with a space',
      `${DAV}headers = { "a b" = "c" }`,
      /storage\.dav\.headers\."a b": expected the name of an HTTP header/,
    ],
    [
      'a header that is not free',
      `${DAV}headers = { Host = "c" }`,
      /headers\.Host: expected a header that may be chosen freely/,
    ],
    [
      'a header with a line break',
      `${DAV}headers = { a = "b\\nc: d" }`,
      /headers\.a: expected text on one line, got another text$/,
    ],
    ['headers that are no table', `${DAV}headers = "a: b"`, /headers: expected a table of header names/],
    [
      'a user agent with a line break',
      `${DAV}user_agent = "a\\nb"`,
      /user_agent: expected plain text on one line/,
    ],
    [
      'an unknown layout',
      `${VDIR}${MOUNT}layout = "nestd"`,
      'm.toml:7: mount.layout: expected "nested" or "flat", got "nestd"',
    ],
    [
      'a mount of nothing',
      `${VDIR}${MOUNT.replace('["local"]', '[]')}`,
      /mount\.storages: expected at least one storage, got a list/,
    ],
    [
      'a mount without storages',
      `[mount]\npath = "/x"`,
      /^m\.toml:1: mount\.storages: missing; expected a list of storages/,
    ],
    [
      'a mount that is no table',
      'mount = "/x"',
      /^m\.toml:1: mount: expected a table such as \[mount\], got "\/x"/,
    ],
    [
      'a storage that is no table',
      '[storage]\nx = 1',
      /^m\.toml:2: storage\.x: expected a table such as \[storage\.x\]/,
    ],
    [
      'tables in a list',
      '[[storage]]\ntype = "caldav"',
      /^m\.toml:1: storage: expected a table such as \[storage\.personal\], got a list/,
    ],
    [
      'an unknown word for collections',
      DAV + VDIR + PAIR.replace('"all"', '"al"'),
      /pair\.p\.collections: expected "all", "from a", "from b" or a list .*, got "al"$/,
    ],
    [
      'an empty list of collections',
      DAV + VDIR + PAIR.replace('"all"', '[]'),
      /pair\.p\.collections: expected "all"/,
    ],
    [
      'an entry with one side only',
      DAV + VDIR + PAIR.replace('"all"', '["x",\n{ a = "y" }]'),
      /^m\.toml:11: pair\.p\.collections\[1\]: expected the name of a collection/,
    ],
    [
      'an entry with a slash',
      DAV + VDIR + PAIR.replace('"all"', '["a/b"]'),
      /pair\.p\.collections\[0\]: expected the name/,
    ],
    [
      'an entry with an unknown key',
      DAV + VDIR + PAIR.replace('"all"', '[{ a = "y", b = "z", c = 1 }]'),
      /collections\[0\]: expected the name/,
    ],
    [
      'a collection twice',
      DAV + VDIR + PAIR.replace('"all"', '["x", { alias = "w", a = "x", b = "y" }]'),
      /collections\[1\]: expected another collection on side a: "x" is in the list already/,
    ],
    [
      'an unknown word for on_empty',
      `${DAV}${VDIR}${PAIR}on_empty = "ask"`,
      /on_empty: expected "skip" or "sync", got "ask"$/,
    ],
    [
      'a name with a slash',
      '[storage."a/b"]\ntype = "vdir/vcard"\npath = "/x"',
      /^m\.toml:1: storage\."a\/b": the name becomes a folder/,
    ],
    [
      'a name with a leading dot',
      '[storage.".x"]\ntype = "vdir/vcard"\npath = "/x"',
      /^m\.toml:1: storage\."\.x": the name becomes a folder/,
    ],
    [
      'an empty name',
      '[storage.""]\ntype = "vdir/vcard"\npath = "/x"',
      /^m\.toml:1: storage\."": the name becomes a folder/,
    ],
    [
      'a name that every object has',
      '[storage.constructor]\ntype = "toString"',
      /^m\.toml:2: storage\.constructor\.type: this version has no storages of type "toString"/,
    ],
  ];
  for (const [rule, text, want] of cases) {
    it(`is told: ${rule}`, () => {
      const [first = '', ...more] = faultsOf(text);
      if (typeof want === 'string') assert.equal(first, want);
      else assert.match(first, want);
      assert.deepEqual(more, [], 'told once');
    });
  }
});

describe('a wrong password', () => {
  const cases: [rule: string, value: string, want: RegExp][] = [
    ['empty', '""', /a text that is not empty/],
    ['a number', '1234567', /expected text, or one of .*, got a number$/],
    ['an unknown form', '{ cmd = ["hunter2"] }', /expected text, or one of .*, got a table$/],
    [
      'two forms at once',
      '{ env = "hunter2", file = "/hunter2" }',
      /expected text, or one of .*, got a table$/,
    ],
    ['an empty command', '{ command = [] }', /a program and its arguments/],
    ['a command in one text', '{ command = "hunter2 x" }', /a program and its arguments/],
    ['a command with a number', '{ command = ["hunter2", 1] }', /a program and its arguments/],
    ['a relative file', '{ file = "hunter2" }', /the absolute path of a file/],
    ['a variable with a dollar', '{ env = "$hunter2" }', /the name of an environment variable/],
    ['a prompt that is not true', '{ prompt = "hunter2" }', /\{ prompt = true \}/],
    ['an empty script', '{ shell = "" }', /a script/],
    ['a keyring, which comes later', '{ keyring = "hunter2" }', /expected text, or one of/],
  ];
  for (const [rule, value, want] of cases) {
    it(`is told without its value: ${rule}`, () => {
      const [first = '', ...more] = faultsOf(`${DAV}username = "me"\npassword = ${value}`);
      assert.match(first, want);
      assert.match(first, /^m\.toml:5: storage\.dav\.password: /);
      assert.doesNotMatch(first, /hunter2/);
      assert.deepEqual(more, []);
    });
  }

  it('is told when there is no user it belongs to', () => {
    assert.deepEqual(faultsOf(`${DAV}password = "hunter2"`), [
      'm.toml:4: storage.dav.password: a password needs a username beside it',
    ]);
  });
});
