import assert from 'node:assert/strict';
import { readdir, utimes } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import { startXandikos } from '../servers/xandikos.ts';
import { account, Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { endsOf } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

/** A server takes some 20 ms for each. */
const ORDINARY = 60;

const LINES = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//EN', 'BEGIN:VEVENT'];
const END = ['DTSTAMP:20261101T000000Z', 'DTSTART:20261122T100000Z', 'END:VEVENT', 'END:VCALENDAR', ''];
const withLines = (...lines: readonly string[]): string => [...LINES, ...lines, ...END].join('\r\n');

/** File name → content, all of them things that were met in the wild. */
function awkward(): Map<string, string | Uint8Array> {
  const event = (uid: string): string => eventText({ uid, summary: uid });
  return new Map<string, string | Uint8Array>([
    ['empty.ics', ''],
    ['no-component.ics', 'hello\r\n'],
    ['no-uid.ics', withLines('SUMMARY:without')],
    ['empty-uid.ics', withLines('UID:', 'SUMMARY:empty')],
    ['two-uids.ics', withLines('UID:two-1', 'UID:two-2')],
    ['unterminated.ics', withLines('UID:unterminated').replace('END:VEVENT\r\nEND:VCALENDAR\r\n', '')],
    ['two-events.ics', withLines('UID:ev-1', 'END:VEVENT', 'BEGIN:VEVENT', 'UID:ev-2')],
    ['invalid-date.ics', withLines('UID:invalid-date', 'DTEND:tomorrow')],
    ['invalid-rrule.ics', withLines('UID:invalid-rrule', 'RRULE:FREQ=SOMETIMES')],
    ['no-dtstamp.ics', withLines('UID:no-dtstamp').replace('DTSTAMP:20261101T000000Z\r\n', '')],
    ['nul.ics', withLines('UID:nul', 'SUMMARY:a\0b')],
    ['control.ics', withLines('UID:control', 'SUMMARY:a\u0001\u001B[31mb')],
    ['latin-1.ics', Buffer.from(withLines('UID:latin-1', 'SUMMARY:Müller'), 'latin1')],
    ['bom.ics', `\uFEFF${event('bom')}`],
    ['lf.ics', eventText({ uid: 'lf', eol: '\n' })],
    ['cr.ics', eventText({ uid: 'cr', eol: '\r' })],
    ['huge.ics', withLines('UID:huge', `DESCRIPTION:${'x'.repeat(2_000_000)}`)],
    ['long-uid.ics', event(`long-${'u'.repeat(300)}`)],
    ['dots.ics', event('../../../../tmp/escape')],
    ['slashes.ics', event('/etc/passwd')],
    ['percent.ics', event('100%2f%00%')],
    ['spaces in the name.ics', event('spaces')],
    ['ümläut – 日本語.ics', event('ümläut-日本語')],
    ['quote\'"&<>.ics', event('quotes"\'&<>')],
    ['hash#and?query.ics', event('hash#and?query')],
    ['percent%20name.ics', event('percent-name')],
    ['back\\slash.ics', event('back\\slash')],
    [`${'n'.repeat(251)}.ics`, event('long-name')],
    ['upper.ICS', event('upper')],
    ['.hidden.ics', event('hidden')],
    ['backup.ics~', event('backup')],
    ['same-1.ics', event('same')],
    ['same-2.ics', event('same')],
    ['whitespace-uid.ics', withLines('UID:  padded  ')],
    ['folded-uid.ics', withLines('UID:folded-', ' on-two-lines')],
    ['lower.ics', event('lower').toLowerCase().replaceAll('standup', 'x')],
    [
      'todo-and-event.ics',
      withLines('UID:mixed', 'END:VEVENT', 'BEGIN:VTODO', 'UID:mixed-2', 'END:VTODO', 'BEGIN:VEVENT'),
    ],
    ['method.ics', event('method').replace('VERSION:2.0', 'VERSION:2.0\r\nMETHOD:REQUEST')],
    ['unknown.ics', withLines('UID:unknown', 'X-THING;X-P="a:b;c":1', 'IANA-NEW:2')],
  ]);
}

/** Names that no vdir takes for an item. */
const NO_ITEMS: ReadonlySet<string> = new Set(['upper.ICS', '.hidden.ics', 'backup.ics~']);

/** Puts that many ordinary items and all awkward ones into `local/work`. */
async function fill(desk: Desk, ordinary: number): Promise<void> {
  for (let at = 0; at < ordinary; at += 1)
    await desk.put(`local/work/item-${at}.ics`, eventText({ uid: `item-${at}`, summary: `event ${at}` }));
  for (const [file, content] of awkward()) await desk.put(`local/work/${file}`, content);
  // An empty file that was made just now is one that somebody is about to fill.
  const before = new Date(Date.now() - 3_600_000);
  await utimes(desk.at('local', 'work', 'empty.ics'), before, before);
}

/** Every item is among these texts, or told of. */
function assertThereOrTold(texts: readonly string[], told: string, ordinary: number): void {
  const there = new Set(texts.map(uidOf));
  for (let at = 0; at < ordinary; at += 1) assert.ok(there.has(`item-${at}`), `item-${at} is missing`);
  for (const [file, content] of awkward()) {
    if (NO_ITEMS.has(file)) {
      assert.ok(!told.includes(`: ${file}`), `${file} is told of`);
      continue;
    }
    const uid = uidOf(content.toString());
    const isThere = uid === undefined ? isAmong(texts, content.toString()) : there.has(uid);
    assert.ok(isThere || told.includes(file.slice(0, 79)), `${file} is neither there nor told of`);
  }
}

/** Known by its title; what has neither is compared as a whole. */
function isAmong(texts: readonly string[], wanted: string): boolean {
  const title = /^SUMMARY:.*$/m.exec(wanted)?.[0];
  return texts.some((text) => (title === undefined ? text === wanted : text.includes(title)));
}

/** What is told, without titles: those of items that could not be carried are known only in the run that read them. */
const linesOf = (text: string): string[] =>
  text
    .replaceAll(/"[^"]*" \((?:\d{4}-[^,]*, )?([^)]*)\)/g, '$1')
    .split('\n')
    .toSorted();

/** The first UID, unfolded; without backslashes, as servers read `\\s` as an escaped `s`. */
const uidOf = (text: string): string | undefined =>
  /^UID:(.*)$/im
    .exec(text.replaceAll(/\r?\n[ \t]/g, '').replaceAll('\r', '\n'))?.[1]
    ?.replaceAll('\\', '')
    .trim()
    .toLowerCase();

describe('1,000 ordinary and awkward items', { timeout: 180_000 }, () => {
  it('between folders: each is there, byte for byte, or named with a reason', async (t) => {
    const desk = await Desk.make(endsOf(t), {
      storages: { local: 'vdir/icalendar', copy: 'vdir/icalendar' },
      pairs: ['p: local copy'],
    });
    await fill(desk, 1000);
    const before = await desk.contents('local');
    const { status, stderr } = await desk.sync();
    assert.equal(status, 1);
    const copied = await desk.contents('copy');
    assertThereOrTold([...copied.values()], stderr, 1000);
    for (const [name, text] of copied) assert.ok([...before.values()].includes(text), `${name} was altered`);
    assert.deepEqual(await desk.contents('local'), before);
    const again = await desk.sync();
    assert.equal(again.stdout, '');
    assert.deepEqual(linesOf(again.stderr), linesOf(stderr));
  });
});

for (const [name, start] of [
  ['radicale', startRadicale],
  ['xandikos', startXandikos],
] as const) {
  describe(`ordinary and awkward items on ${name}`, { skip: requirement(name), timeout: 180_000 }, () => {
    it('go there and on to a folder, or are named with a reason; no file ends up elsewhere', async (t) => {
      const ends = endsOf(t);
      const server = await start();
      ends.add(() => server.stop());
      const dav = new RawDav(server);
      const desk = await Desk.make(ends, {
        storages: { local: 'vdir/icalendar', remote: account('caldav', server), copy: 'vdir/icalendar' },
        // Xandikos calls a calendar without a name by its path.
        pairs: [
          '[pair.up]\na = "local"\nb = "remote"\ncollections = "all"\nproperties = []',
          '[pair.down]\na = "copy"\nb = "remote"\ncollections = "all"\nproperties = []',
        ],
      });
      await fill(desk, ORDINARY);
      const before = await desk.contents('local');
      const { status, stderr } = await desk.sync('up/work');
      assert.equal(status, 1);
      const calendar = new URL('work/', server.calendarHome);
      const names = await dav.list(calendar);
      const texts: string[] = [];
      for (const file of names)
        texts.push((await dav.get(new URL(encodeURIComponent(file), calendar))) ?? '');
      assertThereOrTold(texts, stderr, ORDINARY);
      assert.deepEqual(await desk.contents('local'), before);

      const again = await desk.sync('up/work');
      assert.equal(again.stdout, '');
      assert.deepEqual(linesOf(again.stderr), linesOf(stderr));

      const down = await desk.sync('down/work');
      const copied = await desk.contents('copy/work');
      const copies = new Set([...copied.values()].map(uidOf));
      for (const text of texts) {
        const uid = uidOf(text);
        assert.ok(copies.has(uid) || down.stderr.includes(uid ?? ''), `${String(uid)} is not copied`);
      }
      assert.ok([...copied.keys()].every((file) => !file.includes('/')));
      assert.deepEqual((await readdir(desk.place.folder)).toSorted(), [
        'copy',
        'local',
        'mnt',
        'mount.toml',
        'state',
      ]);
    });
  });
}
