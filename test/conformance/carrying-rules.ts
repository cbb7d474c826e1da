import assert from 'node:assert/strict';
import { type Item, parseItem } from '../../src/core/item.ts';
import type { Collection } from '../../src/core/storage.ts';
import { contactText, eventText, todoText } from '../support/items.ts';
import { contents, contentsOf, known, listing, put, read, type Rule } from './trial.ts';

const ODD_NAMES: readonly (readonly [what: string, name: string])[] = [
  ['a space', 'two words'],
  ['an @', 'me@example.com'],
  ['an umlaut', 'Müllabfuhr'],
  ['an umlaut in two code points', 'Mu\u0308llabfuhr'],
  ['Cyrillic and an emoji', 'встреча 🎉'],
  ['%0A, already escaped to the eye', '%0A'],
  ['a lone percent sign', '100%'],
  ['a question mark and a hash', 'what?#now'],
  ['quotes, angle brackets and an ampersand', `"<a&b>'`],
  ['300 characters', 'x'.repeat(300)],
  ['1,800 characters', 'x'.repeat(1800)],
  ['300 umlauts', 'ü'.repeat(300)],
  ['a way up', '../x'],
  ['a way up, backwards', '..\\x'],
  ['a slash', 'a/b'],
  ['a slash alone', '/'],
  ['two dots alone', '..'],
  ['a leading dot', '.hidden'],
  ['a leading hash', '#x'],
  ['a trailing tilde', 'x~'],
  ['the look of a temporary file', 'x.tmp'],
];

/** Names and UIDs that lead elsewhere when somebody builds a path or a URL from them. */
const oddNameRules: readonly Rule[] = ODD_NAMES.flatMap(([what, name]) => [
  {
    title: `keeps an item whose name has ${what}`,
    run: ({ collection, item }) => livesThrough(collection, item('1', 'tea'), item('1', 'coffee'), name),
  },
  {
    title: `keeps an item whose UID has ${what}`,
    run: ({ collection, item }) => livesThrough(collection, item(name, 'tea'), item(name, 'coffee')),
  },
]);

const textRules: readonly Rule[] = [
  ...(['\n', '\r\n'] as const).map((eol): Rule => ({
    title: `keeps the meaning of an item with ${eol === '\n' ? 'LF' : 'CRLF'} line ends`,
    run: ({ collection, kind }) =>
      comesBack(collection, parseItem(kind, kind === 'calendar' ? eventText({ eol }) : contactText({ eol }))),
  })),
  {
    title: 'keeps folded lines, escapes and text of all the world',
    run: ({ collection, kind }) => {
      const lines = ['NOTE', 'DESCRIPTION'].slice(kind === 'calendar' ? 1 : 0, kind === 'calendar' ? 2 : 1);
      const folded = `${lines.join()}:Grüße\\, 東京\\; 🎉\\n${'lang '.repeat(9)}\r\n  und gefaltet`;
      const text = kind === 'calendar' ? eventText({ lines: [folded] }) : contactText({ lines: [folded] });
      return comesBack(collection, parseItem(kind, text));
    },
  },
  {
    title: 'keeps a property that no standard knows',
    run: ({ collection, kind }) => {
      const lines = ['X-PIMSYNC-TEST;X-PARAM=1:kept'];
      return comesBack(
        collection,
        parseItem(kind, kind === 'calendar' ? eventText({ lines }) : contactText({ lines })),
      );
    },
  },
  {
    title: 'keeps a series and its override as one item',
    kind: 'calendar',
    run: ({ collection }) => {
      const override = [
        'BEGIN:VEVENT',
        'UID:series',
        'DTSTAMP:20261101T000000Z',
        'RECURRENCE-ID:20261123T100000Z',
        'DTSTART:20261123T120000Z',
        'SUMMARY:later today',
        'END:VEVENT',
      ];
      const text = eventText({ uid: 'series', lines: ['RRULE:FREQ=DAILY;COUNT=9'], beside: override });
      return comesBack(collection, parseItem('calendar', text));
    },
  },
  {
    title: 'keeps an alarm',
    kind: 'calendar',
    run: ({ collection }) => {
      const lines = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:ring', 'TRIGGER:-PT10M', 'END:VALARM'];
      return comesBack(collection, parseItem('calendar', eventText({ lines })));
    },
  },
  {
    title: 'keeps a to-do',
    kind: 'calendar',
    run: ({ collection }) =>
      comesBack(collection, parseItem('calendar', todoText({ lines: ['PRIORITY:5'] }))),
  },
  {
    title: 'keeps a contact with groups, types and a picture',
    kind: 'contact',
    run: ({ collection }) => {
      const lines = [
        'item1.TEL;TYPE=CELL:+49 151 1234567',
        'item1.X-ABLABEL:private',
        'EMAIL;TYPE=WORK:ada@example.com',
        `PHOTO;ENCODING=b;TYPE=PNG:${'iVBORw0KGgo'.repeat(40)}AAA=`,
      ];
      return comesBack(collection, parseItem('contact', contactText({ lines })));
    },
  },
  {
    title: 'takes UIDs that differ in case for two items',
    async run({ collection, item }) {
      await put(collection, item('meeting', 'small'));
      await put(collection, item('MEETING', 'large'));
      assert.deepEqual(
        await contents(collection),
        contentsOf(item('meeting', 'small'), item('MEETING', 'large')),
      );
    },
  },
];

/** What a collection must bring back as it was given. */
export const carryingRules: readonly Rule[] = [...oddNameRules, ...textRules];

async function comesBack(collection: Collection, sent: Item): Promise<void> {
  const { href } = await put(collection, sent);
  const { item } = await read(collection, href);
  assert.equal(item.uid, sent.uid);
  assert.equal(item.hash, sent.hash, item.text);
}

/** Create, neighbour, update and removal under an odd name; the neighbour must not notice. */
async function livesThrough(collection: Collection, first: Item, second: Item, name?: string): Promise<void> {
  const neighbour = await put(collection, parseItem(first.kind, first.text.replace(/^UID:.*$/m, 'UID:next')));
  const created = await put(collection, first, name);
  assert.equal((await listing(collection)).get(created.href), created.etag);
  assert.equal((await read(collection, created.href)).item.uid, first.uid);
  const updated = await known(collection, await collection.update(created, second));
  assert.equal((await read(collection, updated.href)).item.hash, second.hash);
  await collection.remove(updated);
  assert.deepEqual(await listing(collection), new Map([[neighbour.href, neighbour.etag]]));
}
