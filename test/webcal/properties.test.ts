import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Feed } from '../../src/webcal/feed.ts';
import { read } from '../support/feed-reading.ts';
import { calendar, HEAD } from '../support/feeds.ts';

describe('the properties of a feed', () => {
  const cases: [lines: readonly string[], want: Feed['properties']][] = [
    [[], {}],
    [['X-WR-CALNAME:Old', 'NAME:New'], { displayname: 'New' }],
    [['X-WR-CALNAME:Feiertage\\, Berlin\\nund'], { displayname: 'Feiertage, Berlin und' }],
    [['X-WR-CALNAME:  '], {}],
    [['X-WR-CALNAME:fol\r\n ded', 'X-WR-CALDESC:a\\nb'], { displayname: 'folded', description: 'a\nb' }],
    [['COLOR:turquoise', 'X-APPLE-CALENDAR-COLOR:#ff8800cc'], { color: '#FF8800' }],
    [['COLOR:Turquoise'], { color: '#40E0D0' }],
    [['COLOR:no-such-colour', 'X-OUTLOOK-COLOR:00AA7F'], { color: '#00AA7F' }],
    [['COLOR:no-such-colour'], {}],
    [['DESCRIPTION:', 'X-WR-CALDESC:old'], { description: 'old' }],
  ];
  for (const [lines, want] of cases)
    it(`are read from ${JSON.stringify(lines)}`, () =>
      assert.deepEqual(read(calendar([], [...HEAD, ...lines])).properties, want));

  it('lack what cannot be read', () => {
    const text = calendar([], [...HEAD, 'X-WR-CALNAME:Müll', 'X-WR-CALDESC:plain']);
    assert.deepEqual(read(Buffer.from(text, 'latin1')).properties, { description: 'plain' });
  });
});
