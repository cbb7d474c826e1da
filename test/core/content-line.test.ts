import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ContentLine, parseContentLine, unfold } from '../../src/core/content-line.ts';

describe('unfold', () => {
  const cases: [rule: string, text: string, want: string[]][] = [
    ['parts lines at CRLF', 'A:1\r\nB:2\r\n', ['A:1', 'B:2']],
    ['parts lines at LF', 'A:1\nB:2', ['A:1', 'B:2']],
    ['parts lines at CR', 'A:1\rB:2\r', ['A:1', 'B:2']],
    ['parts lines at a mixture', 'A:1\r\nB:2\nC:3\rD:4', ['A:1', 'B:2', 'C:3', 'D:4']],
    ['joins a line that begins with a space', 'A:1\r\n 2', ['A:12']],
    ['joins a line that begins with a tab', 'A:1\n\t2', ['A:12']],
    ['takes one blank away only', 'A:1\r\n  2', ['A:1 2']],
    ['joins many', 'A:1\n 2\n 3\n\t4\nB:5', ['A:1234', 'B:5']],
    ['joins within a character of two units', 'A:\uD83C\r\n \uDF89', ['A:🎉']],
    ['leaves out blank lines', '\n\nA:1\n\n\nB:2\n\n', ['A:1', 'B:2']],
    ['joins across a blank line', 'A:1\n\n 2', ['A:12']],
    ['keeps a first line that begins with a space', ' A:1', [' A:1']],
    ['finds nothing in nothing', '', []],
    ['finds nothing in blanks', ' \r\n \t', []],
    ['keeps NUL', 'A:\u0000', ['A:\u0000']],
    ['parts no line at other separators', 'A:1\u20282\u00853\v4\f5', ['A:1\u20282\u00853\v4\f5']],
  ];
  for (const [rule, text, want] of cases) it(rule, () => assert.deepEqual(unfold(text), want));
});

describe('parseContentLine', () => {
  const cases: [rule: string, line: string, want: ContentLine][] = [
    ['a name and a value', 'SUMMARY:tea', { name: 'SUMMARY', params: [], value: 'tea' }],
    ['a name in small letters', 'summary:Tea', { name: 'SUMMARY', params: [], value: 'Tea' }],
    ['colons in the value', 'URL:https://x/', { name: 'URL', params: [], value: 'https://x/' }],
    ['semicolons in the value', 'N:a;b;c', { name: 'N', params: [], value: 'a;b;c' }],
    ['parameters', 'A;b=c;D=e:f', { name: 'A', params: ['B=c', 'D=e'], value: 'f' }],
    ['a parameter without value', 'TEL;cell:1', { name: 'TEL', params: ['CELL'], value: '1' }],
    [
      'separators inside quotes',
      'A;CN="x:y;z,w";B=c:v',
      { name: 'A', params: ['CN="x:y;z,w"', 'B=c'], value: 'v' },
    ],
    ['needless quotes, taken away', 'A;CN="Ada L":v', { name: 'A', params: ['CN=Ada L'], value: 'v' }],
    ['quotes in the value', 'A:"x;y"', { name: 'A', params: [], value: '"x;y"' }],
    ['quotes that open late', 'A;B=c"d:e"f:g', { name: 'A', params: ['B=c"d:e"f'], value: 'g' }],
    ['a group', 'item1.TEL:1', { name: 'ITEM1.TEL', params: [], value: '1' }],
    ['an empty value', 'A:', { name: 'A', params: [], value: '' }],
    ['no colon: the line as it is', 'Tea and cake', { name: 'Tea and cake', params: [], value: '' }],
    ['a quote that never closes: the line as it is', 'A;B="c:d', { name: 'A;B="c:d', params: [], value: '' }],
    ['nothing', '', { name: '', params: [], value: '' }],
    ['a colon alone', ':', { name: '', params: [], value: '' }],
  ];
  for (const [rule, line, want] of cases) {
    it(`reads ${rule}`, () => assert.deepEqual(parseContentLine(line), want));
  }
});
