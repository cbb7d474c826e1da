import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { KeyPath } from '../../src/config/fault.ts';
import { keyText } from '../../src/config/fault.ts';
import { LineIndex } from '../../src/config/line-index.ts';

const TEXT = `# a comment with [brackets] and x = 1
top = 1
"quoted \\"key\\"" = """
fake = 1
[fake]
"""   # the string is over
'literal key' = '''
"""
x'''

[ storage . "my dav" ]  # a comment
url = "a # no comment"
password = { command = [
  "a", # first
  "b]}",
], "x" = 1 }
a.b.c = 1
a . d = 'it''s'
list = [
  1, [2,
  3],
  { deep = true,
    deeper = { x = 1 } },
]

[mount]
[pair.p]
collections = ["x", """]""",
  { a = "y" }]
after = 2
`.replace(`'it''s'`, `'its'`);

describe('LineIndex', () => {
  const index = new LineIndex(TEXT);
  const cases: [path: KeyPath, line: number | undefined][] = [
    [['top'], 2],
    [['quoted "key"'], 3],
    [['fake'], undefined],
    [['literal key'], 7],
    [['storage'], 11],
    [['storage', 'my dav'], 11],
    [['storage', 'my dav', 'url'], 12],
    [['storage', 'my dav', 'password'], 13],
    [['storage', 'my dav', 'password', 'command'], 13],
    [['storage', 'my dav', 'password', 'command', 1], 15],
    [['storage', 'my dav', 'password', 'x'], 16],
    [['storage', 'my dav', 'a'], 17],
    [['storage', 'my dav', 'a', 'b', 'c'], 17],
    [['storage', 'my dav', 'a', 'd'], 18],
    [['storage', 'my dav', 'list', 1], 20],
    [['storage', 'my dav', 'list', 1, 1], 21],
    [['storage', 'my dav', 'list', 2, 'deep'], 22],
    [['storage', 'my dav', 'list', 2, 'deeper', 'x'], 23],
    [['mount'], 26],
    [['pair', 'p'], 27],
    [['pair', 'p', 'collections', 1], 28],
    [['pair', 'p', 'collections', 2, 'a'], 29],
    [['pair', 'p', 'after'], 30],
    [['mount', 'path'], 26],
    [['storage', 'my dav', 'missing', 'deeper'], 11],
    [['nowhere'], undefined],
    [[], undefined],
  ];
  for (const [path, line] of cases) {
    it(`finds ${keyText(path) || 'the file'} ${line === undefined ? 'nowhere' : `on line ${line}`}`, () =>
      assert.equal(index.lineOf(path), line));
  }

  it('counts lines that end in CRLF', () => {
    assert.equal(new LineIndex('a = 1\r\n\r\nb = 2\r\n').lineOf(['b']), 3);
  });

  it('comes to an end on any text', () => {
    const pieces = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '"""',
      "'''",
      '=',
      '.',
      ',',
      '#',
      '\n',
      '\\',
      'a',
      ' ',
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 40 }).map((some) => some.join('')),
      fc.string(),
    );
    fc.assert(fc.property(text, (text) => void new LineIndex(text)));
  });
});
