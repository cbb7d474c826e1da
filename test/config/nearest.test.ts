import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearest } from '../../src/config/nearest.ts';

const KEYS = ['url', 'username', 'password', 'interval', 'read_only', 'tls_root', 'a', 'b'];

describe('nearest', () => {
  const cases: [word: string, want: string | undefined][] = [
    ['ulr', 'url'],
    ['usrname', 'username'],
    ['user_name', 'username'],
    ['Password', 'password'],
    ['passwrd', 'password'],
    ['intervall', 'interval'],
    ['readonly', 'read_only'],
    ['tlsroot', 'tls_root'],
    ['conflict', undefined],
    ['xyz', undefined],
    ['', undefined],
  ];
  for (const [word, want] of cases) {
    it(`${want === undefined ? 'has no idea what' : `takes ${want} for`} "${word}" ${want === undefined ? 'is' : ''}`, () =>
      assert.equal(nearest(word, KEYS), want));
  }
  it('finds nothing among nothing', () => assert.equal(nearest('url', []), undefined));
});
