import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  asCollectionPath,
  canonicalPath,
  decodeSegment,
  encodeSegment,
  isItemOf,
  lastSegment,
  readHref,
  toUrl,
} from '../../src/dav/href-path.ts';

const spellings: readonly (readonly [title: string, spelt: string, want: string | undefined])[] = [
  ['plain paths stay', '/alice/work/1.ics', '/alice/work/1.ics'],
  ['@ is encoded', '/a@b/', '/a%40b/'],
  ['encoded @ stays', '/a%40b/', '/a%40b/'],
  ['lower case hex becomes upper case', '/%c3%a4/', '/%C3%A4/'],
  ['raw umlauts are encoded', '/ä/', '/%C3%A4/'],
  ['what needs no encoding is decoded', '/%61%2Db/', '/a-b/'],
  ['a lone percent sign is one', '/100%/', '/100%25/'],
  ['an encoded percent sign is not decoded twice', '/%252F/', '/%252F/'],
  ['an encoded slash stays inside its segment', '/a%2fb/', '/a%2Fb/'],
  ['bytes that are not UTF-8 stay', '/%e4/', '/%E4/'],
  ['question mark and hash belong to the name', '/a?b#c', '/a%3Fb%23c'],
  ['a leading dot is a name', '/.well-known/caldav', '/.well-known/caldav'],
  ['empty segments stay', '/a//b', '/a//b'],
  ['one dot is refused', '/a/./b', undefined],
  ['two dots are refused', '/a/../b', undefined],
  ['encoded dots are refused', '/a/%2e%2E/b', undefined],
  ['dots at the end are refused', '/a/..', undefined],
  ['what is no path is refused', 'a/b', undefined],
  ['what a URL parser would take for a host is refused', '//evil.test/a', undefined],
];

describe('canonicalPath', () => {
  for (const [title, spelt, want] of spellings) it(title, () => assert.equal(canonicalPath(spelt), want));

  const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

  it('gives back every name that was encoded', () => {
    fc.assert(
      fc.property(segment, (name) => {
        assert.equal(decodeSegment(encodeSegment(name)), name);
      }),
    );
  });

  it('is the same for the raw and the encoded spelling of a name', () => {
    fc.assert(
      fc.property(
        segment.filter((name) => !/[/%]/.test(name) && !/^\.\.?$/.test(name)),
        (name) => {
          assert.equal(canonicalPath(`/x/${name}`), `/x/${encodeSegment(name)}`);
          assert.equal(
            canonicalPath(`/x/${encodeURIComponent(name).toLowerCase()}`)?.toLowerCase(),
            `/x/${encodeSegment(name)}`.toLowerCase(),
          );
        },
      ),
    );
  });

  it('changes nothing the second time, and leaves nothing that a URL parser would resolve', () => {
    const odd = fc.array(
      fc.constantFrom('%', '2', 'e', '.', '/', '\\', 'ä', '%2e', '%2F', '%c3%a4', '?', '#', ' ', '\0'),
    );
    fc.assert(
      fc.property(odd, (parts) => {
        const path = canonicalPath(`/${parts.join('')}`);
        if (path === undefined) return;
        assert.equal(canonicalPath(path), path);
        assert.equal(new URL(path, 'https://x.test').pathname, path);
      }),
      { numRuns: 2000 },
    );
  });
});

const hrefs: readonly (readonly [title: string, text: string, want: object | undefined])[] = [
  ['a path', '/x/1.ics', { origin: undefined, path: '/x/1.ics' }],
  ['a URL', 'https://Dav.test/x/1.ics', { origin: 'https://dav.test', path: '/x/1.ics' }],
  ['a URL with a port', 'http://dav.test:8080/x', { origin: 'http://dav.test:8080', path: '/x' }],
  ['a URL without a path', 'https://dav.test', { origin: 'https://dav.test', path: '/' }],
  ['a relative name', '1.ics', { origin: undefined, path: '/home/work/1.ics' }],
  [
    'a name with an unencoded question mark (Cyrus 3.6)',
    '/x/a?.ics',
    { origin: undefined, path: '/x/a%3F.ics' },
  ],
  ['no way up', '../other/1.ics', undefined],
  ['no encoded way up', '/home/work/%2e%2e/1.ics', undefined],
  ['no other scheme', 'mailto:x@y', undefined],
  ['no host that is none', 'https://[/x', undefined],
];

describe('readHref', () => {
  for (const [title, text, want] of hrefs)
    it(`reads ${title}`, () => assert.deepEqual(readHref(text, '/home/work/'), want));
});

describe('toUrl', () => {
  const base = new URL('https://dav.test/');
  it('stays with the host that was asked', () => {
    assert.equal(toUrl({ origin: undefined, path: '/x/' }, base).href, 'https://dav.test/x/');
  });
  it('goes where the href says', () => {
    assert.equal(toUrl({ origin: 'https://p1.dav.test', path: '/x/' }, base).href, 'https://p1.dav.test/x/');
  });
  it('does not leave encryption because a server behind a proxy knows no better', () => {
    assert.equal(toUrl({ origin: 'http://dav.test', path: '/x/' }, base).href, 'https://dav.test/x/');
  });
});

const members: readonly (readonly [path: string, want: boolean])[] = [
  ['/a/work/1.ics', true],
  ['/a/work/x%2Fy.ics', true],
  ['/a/work/', false],
  ['/a/work', false],
  ['/a/work/sub/', false],
  ['/a/work/sub/1.ics', false],
  ['/a/workshop/1.ics', false],
  ['/b/1.ics', false],
];

describe('isItemOf', () => {
  for (const [path, want] of members)
    it(`${want ? 'takes' : 'does not take'} ${path}`, () => assert.equal(isItemOf('/a/work/', path), want));
});

describe('names of paths', () => {
  it('are the last segment that is not empty', () => {
    assert.equal(lastSegment('/a/b%20c/'), 'b%20c');
    assert.equal(lastSegment('/'), '');
  });
  it('get their slash once', () => {
    assert.equal(asCollectionPath('/a'), '/a/');
    assert.equal(asCollectionPath('/a/'), '/a/');
  });
});
