import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { format, inspect } from 'node:util';
import { Secret } from '../../src/config/secret.ts';

const secret = new Secret('hunter2');

describe('a Secret', () => {
  const printings: [way: string, text: string][] = [
    ['String', String(secret)],
    ['a sum of texts', 'x'.concat(secret as never)],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ deep: [secret] }, { depth: 9, showHidden: true })],
    ['console', format('%s %o %O %j', secret, secret, secret, secret)],
    ['a join', [secret].join()],
    ['its keys', JSON.stringify(Object.entries(secret))],
  ];
  for (const [way, text] of printings) {
    it(`does not show in ${way}`, () => assert.doesNotMatch(text, /hunter2/));
  }
  it('is given out on demand', () => assert.equal(secret.reveal(), 'hunter2'));
});
