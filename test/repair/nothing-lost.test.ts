import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import fc from 'fast-check';
import { RefusedError, ServerError } from '../../src/core/errors.ts';
import { parseItem } from '../../src/core/item.ts';
import type { MemoryCollection } from '../support/memory-collection.ts';
import type { MemoryOptions } from '../support/memory-storage.ts';
import { outcomes, repaired, stored } from '../support/repairs.ts';

/** Few of each, so that UIDs and contents often meet. */
const uid = fc.option(fc.constantFrom('a', 'b', 'c d'), { nil: undefined });
const title = fc.constantFrom('tea', 'walk', 'lunch');
const component = fc.record({ uid, title, isOverride: fc.boolean(), isStamped: fc.boolean() });
const damage = fc.constantFrom(
  (text: string) => text,
  (text: string) => `\uFEFF${text}`,
  (text: string) => text.replaceAll('\r\n', '\r'),
  (text: string) => text.replace('VERSION:2.0\r\n', '\r\n\r\n'),
  (text: string) => text.replace(/END:VCALENDAR\r\n$/, ''),
  (text: string) => text.replace('END:VEVENT\r\n', ''),
  (text: string) => text.replace('SUMMARY:', 'SUMMARY:\0'),
  (text: string) => text.slice(0, 90),
);
const file = fc.record({ components: fc.array(component, { maxLength: 3 }), damage });
const folder = fc.dictionary(fc.constantFrom('a.ics', 'b.ics', 'c d.ics', 'x.ics', 'y.ics'), file);

type File = typeof file extends fc.Arbitrary<infer T> ? T : never;

const textOf = ({ components, damage: spoil }: File): string =>
  spoil(
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:x',
      ...components.flatMap((one) => [
        'BEGIN:VEVENT',
        ...(one.uid === undefined ? [] : [`UID:${one.uid}`]),
        ...(one.isStamped ? ['DTSTAMP:20261101T000000Z'] : []),
        ...(one.isOverride ? ['RECURRENCE-ID:20261122T100000Z'] : []),
        `SUMMARY:${one.title}`,
        'END:VEVENT',
      ]),
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  );

const textsOf = (files: Readonly<Record<string, File>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, one]) => [name, textOf(one)]));

interface Entry {
  /** What tells it from another with the same title. */
  readonly key: string;
  readonly title: string;
}

/** What a person would find in texts, damaged or not. */
const entriesIn = (texts: Readonly<Record<string, string>>): Entry[] =>
  Object.values(texts).flatMap((text) =>
    text
      .replaceAll('\0', '')
      .split('BEGIN:VEVENT')
      .flatMap((part) => {
        const [title] = /SUMMARY:\w+/.exec(part) ?? [];
        const [own] = /UID:[ \w]+/.exec(part) ?? [];
        const isOverride = part.includes('RECURRENCE-ID');
        // An override without UID is the same as one with the UID that it belongs under.
        const isOrphan = isOverride && own === undefined;
        return title === undefined ? [] : [{ title, key: isOrphan ? '' : `${own} ${isOverride} ${title}` }];
      }),
  );

function assertNothingLost(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): void {
  const left = entriesIn(after);
  const had = entriesIn(before);
  for (const title of new Set(had.map((entry) => entry.title))) {
    const ofTitle = had.filter((entry) => entry.title === title);
    const wanted = new Set(ofTitle.map(({ key }) => key).filter((key) => key !== '')).size;
    const found = left.filter((entry) => entry.title === title).length;
    assert.ok(found >= Math.max(1, wanted), `${title} is there ${found} times, not ${wanted}`);
  }
}

const servers = fc.constantFrom<MemoryOptions>(
  {},
  { etags: 'withheld' },
  { flakyEtags: true },
  { failsWrite: (write) => (write === 'update' ? new RefusedError('no other UID here') : undefined) },
);

it('whatever is in a folder: nothing is lost, and repairing comes to an end', async () => {
  await fc.assert(
    fc.asyncProperty(folder, servers, fc.boolean(), async (files, options, unsafeUids) => {
      const texts = textsOf(files);
      const { collection, options: live } = stored(texts, { ...options });
      await repaired(collection, { unsafeUids, newUid: randomUUID });
      assertNothingLost(texts, collection.texts());
      live.failsWrite = undefined;
      assertAllDone(await untilQuiet(collection, unsafeUids));
      assertNothingLost(texts, collection.texts());
      const uids = sound(collection.texts());
      assert.equal(new Set(uids).size, uids.length, 'a UID is there twice');
    }),
    { numRuns: 600 },
  );
});

it('whatever fails on the way: nothing is lost, and the next repair puts it right', async () => {
  await fc.assert(
    fc.asyncProperty(folder, fc.infiniteStream(fc.integer({ min: 0, max: 3 })), async (files, chances) => {
      const texts = textsOf(files);
      const { collection, options } = stored(texts);
      options.onCall = (_, when) => {
        // Before: it was not done. After: it was, and the answer got lost.
        if (chances.next().value === (when === 'before' ? 0 : 1)) throw new ServerError('down');
      };
      for (let run = 0; run < 3; run += 1) await repaired(collection, { newUid: randomUUID });
      assertNothingLost(texts, collection.texts());
      options.onCall = undefined;
      assertAllDone(await untilQuiet(collection, false));
      assertNothingLost(texts, collection.texts());
    }),
    { numRuns: 600 },
  );
});

/** What texts have of each other may take several runs. @returns what the last one told */
async function untilQuiet(collection: MemoryCollection, unsafeUids: boolean): Promise<string[]> {
  for (let run = 0; run < 4; run += 1) await repaired(collection, { unsafeUids, newUid: randomUUID });
  return outcomes(await repaired(collection, { unsafeUids, newUid: randomUUID }));
}

/** A UID that is in a text which nobody can mend is not free for another, so that one has to wait. */
function assertAllDone(left: readonly string[]): void {
  const open = left.filter((line) => !line.includes('not repairable'));
  if (open.length === left.length) assert.deepEqual(open, []);
  else
    assert.ok(
      open.every((line) => /failed .*several-items/.test(line)),
      open.join(', '),
    );
}

/** UIDs of what is whole. */
const sound = (texts: Readonly<Record<string, string>>): string[] =>
  Object.values(texts).flatMap((text) => {
    const { uid: own, whole } = parseItem('calendar', text);
    return whole && own !== undefined && (text.match(/BEGIN:VEVENT/g)?.length ?? 0) === 1 ? [own] : [];
  });
