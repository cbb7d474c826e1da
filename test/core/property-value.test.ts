import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { METADATA_NAMES } from '../../src/core/item-name.ts';
import { propertyValue, sortChanges } from '../../src/core/property-value.ts';
import type { PropertyName } from '../../src/core/storage.ts';

describe('propertyValue', () => {
  const cases: readonly (readonly [
    rule: string,
    name: PropertyName,
    raw: string,
    want: string | undefined,
  ])[] = [
    ['takes a name as it is', 'displayname', 'Büro & <mehr>', 'Büro & <mehr>'],
    ['leaves out white space around it', 'displayname', ' work \r\n', 'work'],
    ['keeps line breaks and tabs inside', 'description', 'one\r\n\ttwo', 'one\r\n\ttwo'],
    ['takes blanks for nothing', 'displayname', ' \n', undefined],
    ['writes a colour in capitals', 'color', '#00aa7f', '#00AA7F'],
    ['leaves out how opaque a colour is', 'color', '#00AA7F80', '#00AA7F'],
    ['completes a short colour', 'color', '0af', '#00AAFF'],
    ['knows no names of colours', 'color', 'red', undefined],
    ['takes a number for an order', 'order', '-1.5', '-1.5'],
    ['takes nothing else for an order', 'order', '1e3', undefined],
    ['refuses what XML cannot carry', 'displayname', 'a\u0000b', undefined],
    ['refuses half a character', 'displayname', 'a\uD800b', undefined],
    ['refuses what was not UTF-8', 'displayname', 'a\uFFFDb', undefined],
    ['refuses what is too long, in bytes', 'description', 'ü'.repeat(32_769), undefined],
    ['takes what is just short enough', 'description', 'ü'.repeat(32_768), 'ü'.repeat(32_768)],
  ];
  for (const [rule, name, raw, want] of cases) it(rule, () => assert.equal(propertyValue(name, raw), want));

  it('reads what it has written as it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...METADATA_NAMES), fc.string({ unit: 'binary' }), (name, raw) => {
        const value = propertyValue(name, raw);
        if (value !== undefined) assert.equal(propertyValue(name, value), value);
      }),
    );
  });
});

describe('sortChanges', () => {
  it('tells what can be set and taken away from what makes no sense', () => {
    const { wanted, refused } = sortChanges(
      new Map<PropertyName, string | undefined>([
        ['displayname', ' work '],
        ['color', 'red'],
        ['description', undefined],
        ['order', ' '],
      ]),
    );
    assert.deepEqual(
      [...wanted],
      [
        ['displayname', 'work'],
        ['description', undefined],
        ['order', undefined],
      ],
    );
    assert.deepEqual([...refused], [['color', 'a colour is written as #RRGGBB']]);
  });

  it('says why, for each kind of property', () => {
    const { refused } = sortChanges(
      new Map<PropertyName, string | undefined>([
        ['displayname', 'a\u0001'],
        ['order', 'first'],
      ]),
    );
    assert.match(refused.get('displayname') ?? '', /65536 bytes|characters/);
    assert.match(refused.get('order') ?? '', /decimal number/);
  });
});
