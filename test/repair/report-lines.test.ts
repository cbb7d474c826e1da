import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { href } from '../../src/core/storage.ts';
import type { Finding } from '../../src/repair/finding.ts';
import type { ItemReport } from '../../src/repair/repair-collection.ts';
import { itemLine } from '../../src/repair/report-lines.ts';

const standup = { title: 'standup', start: '2026-11-22', uid: 'one', href: 'a.ics' };
const bom: Finding = { fault: 'bom' };
const at = href('b.ics');

describe('itemLine', () => {
  const outcomes: [item: Partial<ItemReport> & Pick<ItemReport, 'outcome'>, want: string][] = [
    [
      { outcome: { type: 'planned' } },
      '"standup" (2026-11-22, UID one) [a.ics]: a byte order mark at its start: take it away',
    ],
    [
      { outcome: { type: 'planned' }, start: undefined, uid: undefined },
      '"standup" (no UID) [a.ics]: a byte order mark at its start: take it away',
    ],
    [
      { outcome: { type: 'planned' }, title: undefined },
      'UID one [a.ics]: a byte order mark at its start: take it away',
    ],
    [
      { outcome: { type: 'repaired', uids: [] } },
      '"standup" (2026-11-22, UID one) [a.ics]: a byte order mark at its start: taken away',
    ],
    [
      { outcome: { type: 'repaired', uids: ['x', 'y'] } },
      '"standup" (2026-11-22, UID one) [a.ics]: a byte order mark at its start: taken away; now UID x, y',
    ],
    [
      { outcome: { type: 'skipped', reason: 'it was changed' } },
      '"standup" (2026-11-22, UID one) [a.ics]: left alone, it was changed',
    ],
    [
      { outcome: { type: 'failed', reason: 'no' } },
      '"standup" (2026-11-22, UID one) [a.ics]: a byte order mark at its start: take it away: failed: no',
    ],
    [
      { outcome: { type: 'not repairable', reason: 'no' }, title: undefined, uid: undefined },
      '[a.ics]: not repairable: no',
    ],
    [
      { outcome: { type: 'not repairable', reason: 'no' }, title: undefined },
      'UID one [a.ics]: not repairable: no',
    ],
  ];
  for (const [item, want] of outcomes) {
    it(want, () => assert.equal(itemLine('s/c', { ...standup, findings: [bom], ...item }), `s/c: ${want}`));
  }

  const findings: [finding: Finding, todo: string, done: string][] = [
    [
      { fault: 'unclosed', missing: ['VEVENT', 'VCALENDAR'] },
      'END:VEVENT, END:VCALENDAR missing, perhaps other lines too: add it',
      'added',
    ],
    [{ fault: 'several-items', count: 2 }, '2 items in one: split it', 'split'],
    [
      { fault: 'duplicate-uid', keeper: at, because: 'named' },
      'same UID as b.ics, which keeps it because its name is the UID: give it a new one',
      'given a new one',
    ],
    [
      { fault: 'duplicate-uid', keeper: at, because: 'sound' },
      'same UID as b.ics, which keeps it because nothing else is wrong with it: give it a new one',
      'given a new one',
    ],
    [
      { fault: 'duplicate-uid', keeper: at, because: 'first' },
      'same UID as b.ics, which keeps it because its name comes first: give it a new one',
      'given a new one',
    ],
    [{ fault: 'copy', of: at, inside: false }, 'a copy of b.ics: remove it', 'removed'],
    [{ fault: 'copy', of: at, inside: true }, 'one of its items is a copy of b.ics: remove it', 'removed'],
    [
      { fault: 'control-characters' },
      'control characters that servers cannot pass on: take them out',
      'taken out',
    ],
  ];
  for (const [finding, todo, done] of findings) {
    it(todo, () => {
      const line = (outcome: ItemReport['outcome']): string =>
        itemLine('s/c', { ...standup, findings: [finding], outcome });
      assert.ok(line({ type: 'planned' }).endsWith(`[a.ics]: ${todo}`), line({ type: 'planned' }));
      assert.ok(line({ type: 'repaired', uids: [] }).endsWith(`: ${done}`));
    });
  }
});
