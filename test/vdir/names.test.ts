import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { RefusedError } from '../../src/core/errors.ts';
import { assertCollectionName, assertItemName, isVdirItem, itemFileName } from '../../src/vdir/names.ts';

describe('isVdirItem', () => {
  const cases: [name: string, extension: string, want: boolean][] = [
    ['1.ics', '.ics', true],
    ['two words.ics', '.ics', true],
    ['a.b.ics', '.ics', true],
    ['1.vcf', '.ics', false],
    ['1.ICS', '.ics', false],
    ['1.ics.bak', '.ics', false],
    ['1.ics~', '.ics', false],
    ['1.icsab12cd34', '.ics', false],
    ['.1.ics', '.ics', false],
    ['.#1.ics', '.ics', false],
    ['#1.ics', '.ics', false],
    ['.ics', '.ics', false],
    ['ics', '.ics', false],
    ['1.tmp', '.tmp', false],
    ['1.ical', '.ical', true],
  ];
  for (const [name, extension, want] of cases) {
    it(`${name} is ${want ? 'an item' : 'no item'} among *${extension}`, () =>
      assert.equal(isVdirItem(extension, name), want));
  }
});

describe('assertItemName', () => {
  const hostile = ['..', '.', '', '../1.ics', 'a/1.ics', '/1.ics', '1\u0000.ics', `${'x'.repeat(252)}.ics`];
  for (const name of [...hostile, 'displayname', '1.vcf', '.1.ics']) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))}`, () =>
      assert.throws(() => assertItemName('.ics', name), RefusedError));
  }
  it('accepts a name of 255 bytes', () => assertItemName('.ics', `${'x'.repeat(251)}.ics`));
});

describe('assertCollectionName', () => {
  for (const name of ['..', '.', '', 'a/b', '/a', '.git', 'a\u0000', 'ü'.repeat(128)]) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))}`, () =>
      assert.throws(() => assertCollectionName(name), RefusedError));
  }
  it('accepts a name of 255 bytes', () => assertCollectionName('x'.repeat(255)));
});

describe('itemFileName', () => {
  const cases: [rule: string, wish: string, extension: string, number: number, want: string][] = [
    ['adds the extension', 'one', '.ics', 1, 'one.ics'],
    ['keeps an extension that is there', 'one.ics', '.ics', 1, 'one.ics'],
    ['changes the usual extension into the configured one', 'one.ics', '.ical', 1, 'one.ical'],
    ['keeps the configured one', 'one.ical', '.ical', 1, 'one.ical'],
    ['numbers before the extension', 'one.ics', '.ics', 2, 'one-2.ics'],
    ['takes slashes for underscores', '../a/b', '.ics', 1, '__a_b.ics'],
  ];
  for (const [rule, wish, extension, number, want] of cases) {
    it(rule, () => assert.equal(itemFileName('calendar', extension, wish, number), want));
  }

  it('is the name of an item whatever the wish', () => {
    const extension = fc.constantFrom('.ics', '.ical', '.x');
    const wish = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom(
        '',
        '.',
        '..',
        '~',
        '#',
        '.ics',
        'a.tmp',
        'displayname',
        'x'.repeat(400),
        '🎉'.repeat(99),
      ),
    );
    fc.assert(
      fc.property(wish, extension, fc.integer({ min: 1, max: 9 }), (wish, extension, number) => {
        assertItemName(extension, itemFileName('calendar', extension, wish, number));
      }),
    );
  });
});
