import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { cutToBytes, isItemName, safeItemName } from '../../src/core/item-name.ts';

const free = (): boolean => false;

describe('isItemName', () => {
  const cases: [name: string, want: boolean][] = [
    ['1.ics', true],
    ['a b@c.ics', true],
    ['a.tmp.ics', true],
    ['1.vcf', false],
    ['1.ICS', false],
    ['.ics', false],
    ['.1.ics', false],
    ['.#1.ics', false],
    ['#1.ics#', false],
    ['#1.ics', false],
    ['1.ics~', false],
    ['1.icsab12cd34', false],
    ['1.ics.tmp', false],
    ['.1.ics.swp', false],
    ['.1.ics.Xa81bz', false],
    ['4913', false],
    ['tmpab12cd34', false],
    ['displayname', false],
    ['', false],
  ];
  for (const [name, want] of cases) {
    it(`takes ${JSON.stringify(name)} for ${want ? 'an event' : 'no event'}`, () =>
      assert.equal(isItemName('calendar', name), want));
  }
  it('takes other names among contacts', () => {
    assert.equal(isItemName('contact', '1.vcf'), true);
    assert.equal(isItemName('contact', '1.ics'), false);
  });
});

describe('safeItemName', () => {
  const cases: [rule: string, wish: string, want: string][] = [
    ['keeps a good name', 'lunch.ics', 'lunch.ics'],
    ['adds the extension', 'lunch', 'lunch.ics'],
    ['keeps another extension in front of it', 'lunch.vcf', 'lunch.vcf.ics'],
    ['keeps blanks, @ and letters of all the world', 'Zürich @ 東京 🎉.ics', 'Zürich @ 東京 🎉.ics'],
    ['keeps what looks escaped', '%2F%0A.ics', '%2F%0A.ics'],
    ['takes slashes for underscores', 'a/b\\c', 'a_b_c.ics'],
    ['leads nowhere else', '../../etc/passwd', '__.._etc_passwd.ics'],
    ['hides nothing', '.hidden', '_hidden.ics'],
    ['is no Emacs file', '#x', '_x.ics'],
    ['has no control characters', 'a\u0000b\nc\u007F', 'a_b_c_.ics'],
    ['has no half characters', 'a\uD83Cb', 'a_b.ics'],
    ['makes something of nothing', '', 'item.ics'],
    ['makes something of an extension', '.ics', 'item.ics'],
    ['makes something of dots', '...', '_.ics'],
  ];
  for (const [rule, wish, want] of cases) {
    it(rule, () => assert.equal(safeItemName('calendar', wish, free), want));
  }

  it('takes the next number when a name is taken', () => {
    const taken = new Set(['lunch.ics', 'lunch-2.ics']);
    assert.equal(
      safeItemName('calendar', 'lunch.ics', (name) => taken.has(name)),
      'lunch-3.ics',
    );
  });

  it('is always the name of an item, on any file system, and not taken', () => {
    const wish = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 })
        .map((units) => String.fromCharCode(...units)),
      fc.constantFrom('~', 'x~', '..', '🎉'.repeat(100), 'ü'.repeat(200), 'x'.repeat(1800), 'x'.repeat(251)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('calendar' as const, 'contact' as const),
        wish,
        fc.nat(12),
        (kind, wish, used) => {
          const taken = new Set<string>();
          for (let count = 0; count <= used; count += 1) {
            const name = safeItemName(kind, wish, (some) => taken.has(some));
            assert.ok(isItemName(kind, name), name);
            assert.ok(Buffer.byteLength(name) <= 255);
            assert.doesNotMatch(name, /[/\0]/);
            assert.equal(Buffer.from(name).toString(), name, 'survives UTF-8');
            assert.ok(!taken.has(name));
            taken.add(name);
          }
        },
      ),
    );
  });
});

describe('cutToBytes', () => {
  const cases: [text: string, bytes: number, want: string][] = [
    ['abc', 3, 'abc'],
    ['abc', 2, 'ab'],
    ['abc', 0, ''],
    ['üü', 3, 'ü'],
    ['a🎉', 4, 'a'],
    ['a🎉', 5, 'a🎉'],
    ['', 5, ''],
  ];
  for (const [text, bytes, want] of cases) {
    it(`cuts ${JSON.stringify(text)} to ${bytes} bytes`, () => assert.equal(cutToBytes(text, bytes), want));
  }

  it('gives a beginning of the text that fits, and no shorter than needed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(80), (text, bytes) => {
        const cut = cutToBytes(text, bytes);
        assert.ok(text.startsWith(cut));
        assert.ok(Buffer.byteLength(cut) <= bytes);
        const next = String.fromCodePoint(text.codePointAt(cut.length) ?? 0x61);
        assert.ok(cut === text || Buffer.byteLength(cut + next) > bytes);
      }),
    );
  });
});
