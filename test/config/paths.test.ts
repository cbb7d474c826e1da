import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDuration } from '../../src/config/duration.ts';
import { expandHome, isPath, isSegment, isWithin, xdgFolder } from '../../src/config/paths.ts';

describe('expandHome', () => {
  const cases: [text: string, want: string][] = [
    ['~', '/home/me'],
    ['~/', '/home/me'],
    ['~/x/../y/', '/home/me/y'],
    ['/x//y/', '/x/y'],
    ['x/~', 'x/~'],
    ['~you/x', '~you/x'],
  ];
  for (const [text, want] of cases) {
    it(`makes ${want} of ${text}`, () => assert.equal(expandHome(text, '/home/me'), want));
  }
});

describe('isPath', () => {
  for (const [text, want] of [
    ['/x', true],
    ['~', true],
    ['~/x', true],
    ['x', false],
    ['./x', false],
    ['~you', false],
    ['', false],
    ['/x\u0000', false],
  ] as const) {
    it(`${want ? 'takes' : 'refuses'} ${JSON.stringify(text)}`, () => assert.equal(isPath(text), want));
  }
});

describe('isWithin', () => {
  for (const [inner, outer, want] of [
    ['/a', '/a', true],
    ['/a/b', '/a', true],
    ['/a', '/a/b', false],
    ['/ab', '/a', false],
    ['/a/..b', '/a', true],
    ['/x', '/', true],
  ] as const) {
    it(`${inner} is ${want ? '' : 'not '}within ${outer}`, () => assert.equal(isWithin(inner, outer), want));
  }
});

describe('isSegment', () => {
  for (const [name, want] of [
    ['a', true],
    ['.a', true],
    ['..', false],
    ['.', false],
    ['', false],
    ['a/b', false],
    ['a\nb', false],
    ['x'.repeat(256), false],
    ['ü'.repeat(127), true],
  ] as const) {
    it(`${want ? 'takes' : 'refuses'} ${JSON.stringify(name.slice(0, 9))} of ${name.length}`, () =>
      assert.equal(isSegment(name), want));
  }
});

describe('xdgFolder', () => {
  it('takes an absolute value, and ignores a relative or empty one', () => {
    const folder = (value?: string): string =>
      xdgFolder('XDG_STATE_HOME', '.local/state', {
        env: value === undefined ? {} : { XDG_STATE_HOME: value },
        home: '/home/me',
      });
    assert.equal(folder('/state/'), '/state');
    assert.deepEqual([folder('state'), folder(''), folder()], Array(3).fill('/home/me/.local/state'));
  });
});

describe('parseDuration', () => {
  for (const [text, want] of [
    ['250ms', 250],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['0s', 0],
    ['576h', 2_073_600_000],
    ['577h', undefined],
    ['5', undefined],
    ['5 m', undefined],
    ['1.5h', undefined],
    ['-1s', undefined],
    ['1d', undefined],
    ['', undefined],
    ['1h30m', undefined],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as ${want ?? 'no duration'}`, () =>
      assert.equal(parseDuration(text), want));
  }
});
