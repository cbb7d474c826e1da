import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adHocConfig } from '../../src/config/ad-hoc.ts';
import type { WebcalStorageConfig } from '../../src/config/config.ts';
import { faultsOf, interpret } from '../support/config-texts.ts';

const feedOf = (...lines: readonly string[]): WebcalStorageConfig =>
  interpret(['[storage.x]', 'type = "webcal"', ...lines].join('\n')).storages.get('x') as WebcalStorageConfig;

describe('a feed in the configuration', () => {
  it('has defaults for all but its URL', () => {
    assert.deepEqual(feedOf('url = "webcals://example.com/holidays.ics"'), {
      name: 'x',
      type: 'webcal',
      kind: 'calendar',
      readOnly: true,
      noDelete: false,
      intervalMs: 3_600_000,
      maxItemBytes: 20 * 1024 * 1024,
      maxResponseBytes: 64 * 1024 * 1024,
      url: new URL('https://example.com/holidays.ics'),
      username: undefined,
      password: undefined,
      timeoutMs: undefined,
      userAgent: undefined,
      tlsRoot: undefined,
      headers: {},
      collection: 'holidays',
    } satisfies WebcalStorageConfig);
  });

  const urls: [written: string, meant: string, name: string][] = [
    ['webcal://example.com/a.ics', 'http://example.com/a.ics', 'a'],
    ['WEBCALS://example.com:444/a.ics?k=v', 'https://example.com:444/a.ics?k=v', 'a'],
    ['http://example.com/x/two%20words.ics', 'http://example.com/x/two%20words.ics', 'two words'],
    ['https://example.com/feed/', 'https://example.com/feed/', 'feed'],
    ['https://example.com/v1.2/my.team.ics', 'https://example.com/v1.2/my.team.ics', 'my.team'],
    ['https://example.com/', 'https://example.com/', 'example.com'],
    ['https://example.com/.ics', 'https://example.com/.ics', 'example.com'],
    ['https://example.com/a%2Fb.ics', 'https://example.com/a%2Fb.ics', 'example.com'],
    ['https://example.com/100%.ics', 'https://example.com/100%.ics', '100%'],
  ];
  for (const [written, meant, name] of urls) {
    it(`may be at ${written}, and is called ${name} unless it is told`, () => {
      const { url, collection } = feedOf(`url = "${written}"`);
      assert.deepEqual([url.href, collection], [meant, name]);
      assert.equal(feedOf(`url = "${written}"`, 'collection = "mine"').collection, 'mine');
    });
  }

  const URL_LINE = 'url = "webcal://example.com/a.ics"';
  const faults: [lines: readonly string[], want: string][] = [
    [[], 'url: missing; expected a URL such as "webcals://example.com/holidays.ics"'],
    [
      ['url = "ftp://example.com/a.ics"'],
      'url: expected a URL such as "webcals://example.com/holidays.ics" (webcals, webcal, https or http), got another text',
    ],
    [
      ['url = "webcal://me:secret@example.com/a.ics"'],
      'url: expected a URL without user and password; they have keys of their own, got another text',
    ],
    [
      [URL_LINE, 'read_only = false'],
      'read_only: expected true, or no such key: nobody can write to a feed, got false',
    ],
    [[URL_LINE, 'collection = "a/b"'], 'collection: expected the name of a folder, got "a/b"'],
    [[URL_LINE, 'collection = ".x"'], 'collection: expected the name of a folder, got ".x"'],
    [[URL_LINE, 'password = "x"'], 'password: a password needs a username beside it'],
    [[URL_LINE, 'path = "/x"'], 'path: unknown key; known here:'],
  ];
  for (const [lines, want] of faults) {
    it(`is refused with ${lines.at(-1) ?? 'nothing but its type'}`, () => {
      const [fault, ...others] = faultsOf(['[storage.x]', 'type = "webcal"', ...lines].join('\n'));
      assert.deepEqual(others, []);
      assert.match(fault ?? '', /^m\.toml:\d: storage\.x\./);
      assert.ok(fault?.includes(`storage.x.${want}`), fault);
      assert.doesNotMatch(fault ?? '', /secret/);
    });
  }

  it('with a password over plain http is warned of', () => {
    const text =
      '[storage.x]\ntype = "webcal"\nurl = "webcal://example.com/a.ics"\nusername = "me"\npassword = "x"';
    assert.match(interpret(text).warnings.join(), /unencrypted/);
  });

  it('is what a storage of no type is taken for when it names its collection', () => {
    const faults = faultsOf('[storage.x]\nurl = "webcal://example.com/a.ics"\ncollection = "a/b"');
    assert.match(faults.join('\n'), /type: missing[^\n]*\n[^\n]*collection: expected the name of a folder/);
    assert.equal(faults.length, 2);
  });
});

describe('a feed on the command line', () => {
  it('is mounted under the name of its file', () => {
    const wanted = { type: 'webcal', url: 'webcal://example.com/a.ics', username: undefined } as const;
    const { storages } = adHocConfig(wanted, '/mnt', { env: {}, home: '/home/me' });
    const [feed] = storages.values();
    assert.ok(feed?.type === 'webcal');
    assert.deepEqual(
      [feed.url.href, feed.collection, feed.readOnly],
      ['http://example.com/a.ics', 'a', true],
    );
  });
});
