import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { InvalidItemError } from '../../src/core/errors.ts';
import { decodeUtf8 } from '../../src/core/text.ts';

describe('decodeUtf8', () => {
  it('gives back what was encoded, a BOM and NUL too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(decodeUtf8(Buffer.from(text), 'x'), text);
      }),
    );
    assert.equal(decodeUtf8(Buffer.from('\uFEFFa\u0000'), 'x'), '\uFEFFa\u0000');
  });

  const refused: [what: string, bytes: number[]][] = [
    ['Latin-1', [0x4d, 0xfc, 0x6c, 0x6c]],
    ['a text that breaks off within a character', [0x61, 0xc3]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a slash in two bytes', [0xc0, 0xaf]],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00]],
  ];
  for (const [what, bytes] of refused) {
    it(`refuses ${what} by the name of the item`, () =>
      assert.throws(
        () => decodeUtf8(Uint8Array.from(bytes), 'work/1.ics'),
        (error) => error instanceof InvalidItemError && error.message.startsWith('work/1.ics is not UTF-8'),
      ));
  }
});
