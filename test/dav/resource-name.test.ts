import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseItem } from '../../src/core/item.ts';
import { namesFor } from '../../src/dav/resource-name.ts';
import { contactText, eventText } from '../support/items.ts';

describe('names for new items', () => {
  const hash = /^[0-9a-f]{40}\.ics$/;
  const cases: readonly (readonly [
    title: string,
    wish: string | undefined,
    uid: string | undefined,
    want: readonly (string | RegExp)[],
  ])[] = [
    ['the wish, the UID, a hash', 'lunch.ics', 'uid-1', ['lunch.ics', 'uid-1.ics', hash]],
    ['the wish gets its extension', 'lunch', 'uid-1', ['lunch.ics', 'uid-1.ics', hash]],
    ['another extension is part of the name', 'lunch.EML', 'uid-1', ['lunch.EML.ics', 'uid-1.ics', hash]],
    ['no wish', undefined, 'a@b+c', ['a@b+c.ics', hash]],
    ['the wish is the UID', 'uid-1.ics', 'uid-1', ['uid-1.ics', hash]],
    ['no UID', undefined, undefined, [hash]],
    ['a wish in two lines', 'a\nb.ics', undefined, [hash]],
    ...[
      '..',
      '.x',
      'a/b',
      'a\\b',
      'a b',
      'ä',
      'a:b',
      'a#b',
      'a?b',
      'a%b',
      'a(b',
      '',
      '../up',
      'http://evil/x',
      'x'.repeat(201),
    ].map(
      (odd) =>
        [`${JSON.stringify(odd).slice(0, 20)} is used for nothing`, `${odd}.ics`, odd, [hash]] as const,
    ),
  ];
  for (const [title, wish, uid, want] of cases) {
    it(title, () => {
      const names = namesFor(parseItem('calendar', eventText({ uid })), wish);
      assert.equal(names.length, want.length, names.join(' '));
      for (const [at, one] of want.entries()) {
        if (typeof one === 'string') assert.equal(names[at], one);
        else assert.match(names[at] ?? '', one);
      }
    });
  }
  it('are vcf for contacts', () => {
    assert.equal(namesFor(parseItem('contact', contactText({ uid: 'c' })), 'ada.vcf')[0], 'ada.vcf');
  });
});
