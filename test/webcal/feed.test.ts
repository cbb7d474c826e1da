import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidItemError } from '../../src/core/errors.ts';
import { FeedFault } from '../../src/webcal/split.ts';
import { NOTHING, read, textOf, textsIn } from '../support/feed-reading.ts';
import { block, calendar, event, zone } from '../support/feeds.ts';

describe('an item of a feed', () => {
  it('is a calendar of its own, its lines byte for byte', () => {
    const folded = 'SUMMARY:A long\r\n  title\\, that goes\r\n\t on';
    const odd = 'x-odd;a="b:c":  spaces  ';
    const body = `BEGIN:VEVENT\r\nUID:1\r\n${folded}\r\n${odd}\nEND:VEVENT\r\n`;
    const texts = textsIn(read(calendar([body, event('2', 'tea')])));
    assert.deepEqual(texts, {
      '1.ics': calendar([body]),
      '2.ics': calendar([event('2', 'tea')]),
    });
  });

  it('keeps the line ends that the feed has', () => {
    const text = calendar([event('1', 'tea')]).replaceAll('\r\n', '\n');
    assert.deepEqual(textsIn(read(text)), { '1.ics': text });
    const bare = text.replaceAll('\n', '\r');
    assert.deepEqual(textsIn(read(bare)), { '1.ics': bare });
  });

  it('has its overrides with it, wherever they stand in the feed', () => {
    const first = event('1', 'weekly', ['RRULE:FREQ=WEEKLY']);
    const moved = event('1', 'moved', ['RECURRENCE-ID:20260308T090000Z']);
    const texts = textsIn(read(calendar([first, event('2', 'tea'), moved])));
    assert.equal(texts['1.ics'], calendar([first, moved]));
    assert.deepEqual(Object.keys(texts).toSorted(), ['1.ics', '2.ics']);
  });

  it('has the time zones that it needs, and no others', () => {
    const local = event('1', 'local', ['DTEND;TZID=Europe/Berlin:20260301T110000']);
    const quoted = event('2', 'quoted', ['DTEND;TZID="Odd: zone":20260301T110000']);
    const alarm = event('3', 'alarm', [
      'BEGIN:VALARM',
      'TRIGGER;TZID=Europe/Paris:20260301T100000',
      'END:VALARM',
    ]);
    const missing = event('4', 'missing', ['DTEND;TZID=Nowhere:20260301T110000']);
    const [berlin, odd, paris] = [zone('Europe/Berlin'), zone('Odd: zone'), zone('Europe/Paris')];
    const texts = textsIn(read(calendar([berlin, odd, local, quoted, alarm, missing, paris])));
    assert.equal(texts['1.ics'], calendar([berlin, local]));
    assert.equal(texts['2.ics'], calendar([odd, quoted]));
    assert.equal(texts['3.ics'], calendar([paris, alarm]));
    assert.equal(texts['4.ics'], calendar([missing]));
  });

  it('loses METHOD and what describes the feed, and gets what an item must have', () => {
    const head = [
      'METHOD:PUBLISH',
      'X-WR-CALNAME:Feed',
      'REFRESH-INTERVAL;VALUE=DURATION:P1D',
      'CALSCALE:GREGORIAN',
    ];
    assert.deepEqual(textsIn(read(calendar([event('1', 'tea')], head))), {
      '1.ics': calendar(
        [event('1', 'tea')],
        ['VERSION:2.0', 'PRODID:-//pimsync//webcal//EN', 'CALSCALE:GREGORIAN'],
      ),
    });
  });

  it('may be an event, a to-do, a journal entry or a free-busy list; other components are none', () => {
    const names = ['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'X-THING', 'VALARM'];
    const feed = read(calendar(names.map((name) => block(name, [`UID:${name}`]))));
    assert.deepEqual([...feed.items.keys()], ['VEVENT.ics', 'VTODO.ics', 'VJOURNAL.ics', 'VFREEBUSY.ics']);
  });

  it('comes from any of several calendars in one text, with the zones of its own', () => {
    const [one, other] = [zone('Z'), zone('Z').replace('+0100', '+0300')];
    const at = ['DTEND;TZID=Z:20260301T110000'];
    const texts = textsIn(
      read(calendar([one, event('1', 'a', at)]) + calendar([other, event('2', 'b', at)])),
    );
    assert.equal(texts['1.ics'], calendar([one, event('1', 'a', at)]));
    assert.equal(texts['2.ics'], calendar([other, event('2', 'b', at)]));
  });

  it('is told as unreadable when it is too large, and the others are carried', () => {
    const { items } = read(calendar([event('1', 'x'.repeat(10_000)), event('2', 'tea')]));
    const [large, small] = [...items.values()];
    assert.ok(large && 'error' in large && large.error instanceof InvalidItemError);
    assert.match(large.error.message, /1\.ics is larger than .* MB \(max_item\)/);
    assert.equal(textOf(small), calendar([event('2', 'tea')]));
  });

  it('goes by a digest where its UID cannot be a file name', () => {
    for (const uid of ['a/b', '..', '#1', 'a b', 'Müll', 'x'.repeat(300)]) {
      const [href] = read(calendar([event(uid, 'tea')])).items.keys();
      assert.match(href ?? '', /^[\da-f]{32}\.ics$/, uid);
    }
  });
});

describe('the encoding of a feed', () => {
  const accented = calendar([event('1', 'Müll'), event('2', 'tea')]);

  it('is UTF-8, whatever the header says', () => {
    const texts = textsIn(read(accented, NOTHING, 'text/calendar; charset=ISO-8859-1'));
    assert.equal(texts['1.ics'], calendar([event('1', 'Müll')]));
  });

  it('is what the header says where it cannot be UTF-8', () => {
    const texts = textsIn(
      read(Buffer.from(accented, 'latin1'), NOTHING, 'text/calendar; charset="iso-8859-1"'),
    );
    assert.equal(texts['1.ics'], calendar([event('1', 'Müll')]));
  });

  for (const type of ['text/calendar', 'text/calendar; charset=utf-8', 'text/calendar; charset=no-such']) {
    it(`costs only the items that cannot be read, under ${type}`, () => {
      const { items } = read(Buffer.from(accented, 'latin1'), NOTHING, type);
      const [odd, plain] = [...items.values()];
      assert.ok(odd && 'error' in odd);
      assert.match(odd.error.message, /^1\.ics: .* not UTF-8/);
      assert.equal(textOf(plain), calendar([event('2', 'tea')]));
    });
  }

  it('may begin with a byte order mark, which no item gets', () => {
    assert.deepEqual(textsIn(read(`\uFEFF${calendar([event('1', 'tea')])}`)), {
      '1.ics': calendar([event('1', 'tea')]),
    });
  });
});

describe('what is no complete calendar', () => {
  const whole = calendar([event('1', 'tea'), event('2', 'coffee')]);
  const cases: [what: string, text: string, why: RegExp][] = [
    ['an empty body', '', /is empty/],
    ['blank lines', '\r\n \r\n', /is empty/],
    [
      'a page for people',
      '<!doctype html><html><body>Log in</body></html>',
      /does not begin with BEGIN:VCALENDAR/,
    ],
    ['an error before the calendar', `Warning: mysql\r\n${whole}`, /does not begin with BEGIN:VCALENDAR/],
    ['an address book', 'BEGIN:VCARD\r\nEND:VCARD\r\n', /does not begin with BEGIN:VCALENDAR/],
    ['a calendar without its end', whole.replace('END:VCALENDAR\r\n', ''), /END:VCALENDAR is missing/],
    [
      'an event without its end',
      whole.replace('END:VEVENT\r\n', ''),
      /END:VCALENDAR stands where END:VEVENT/,
    ],
    [
      'a stray end',
      whole.replace('END:VEVENT', 'END:VEVENT\r\nEND:VEVENT'),
      /END:VEVENT stands where END:VCALENDAR/,
    ],
    ['a second calendar that is cut', `${whole}BEGIN:VCALENDAR\r\n`, /cut short/],
    ['a second one that is cut in an event', `${whole}${whole.slice(0, 100)}`, /END:VEVENT is missing/],
  ];
  for (const [what, text, why] of cases) {
    it(`is refused: ${what}`, () => {
      assert.throws(
        () => read(text),
        (error) => error instanceof FeedFault && why.test(error.message),
      );
    });
  }

  it('is refused wherever it was cut before its last line', () => {
    const end = whole.lastIndexOf('END:VCALENDAR') + 'END:VCALENDAR'.length;
    for (let at = 0; at < end; at += 1)
      assert.throws(() => read(whole.slice(0, at)), FeedFault, `cut at ${at}`);
    assert.equal(read(whole.slice(0, end)).items.size, 2);
  });

  it('is not one with nothing in it, or with something behind it', () => {
    assert.equal(read(calendar([])).items.size, 0);
    assert.equal(read(`${whole}<!-- made by us -->\n`).items.size, 2);
  });
});
