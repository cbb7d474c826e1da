import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Status } from '../../src/app/status.ts';
import { fileLines, statusLines } from '../../src/cli/status-lines.ts';

const NOW_MS = 1_800_000_000_000;
const NOW = new Date(NOW_MS);
const NOTHING: Status = { running: null, collections: [], pairs: [] };

const mounted = (fields: Partial<Status['collections'][number]> = {}): Status['collections'][number] => ({
  storage: 'home',
  id: 'work',
  directory: 'work',
  kind: 'calendar',
  items: 2,
  unsent: 0,
  waiting: 0,
  incomplete: [],
  unfinished: [],
  properties: [],
  standing: 'known',
  trouble: undefined,
  finishedAtMs: undefined,
  nextRunMs: undefined,
  ...fields,
});

const paired = (fields: Partial<Status['pairs'][number]> = {}): Status['pairs'][number] => ({
  pair: 'backup',
  collection: 'work',
  items: 1,
  problems: [],
  finishedAtMs: NOW_MS,
  nextRunMs: undefined,
  ...fields,
});

const engine = (fields: Partial<NonNullable<Status['running']>> = {}): Status['running'] => ({
  pid: 4711,
  nextRunMs: {},
  failing: {},
  inStepAtMs: {},
  ...fields,
});

describe('status', () => {
  it('without anything says that nothing runs', () =>
    assert.deepEqual(statusLines(NOTHING, NOW), ['pimsync is not running']));

  it('names the process and the mount', () => {
    assert.deepEqual(statusLines({ ...NOTHING, running: engine() }, NOW), ['pimsync runs as process 4711']);
    assert.deepEqual(statusLines({ ...NOTHING, running: engine({ mountpoint: '/mnt' }) }, NOW), [
      'pimsync runs as process 4711, mounted at /mnt',
    ]);
  });

  it('tells once of all that is held back, and how many', () => {
    const held = (name: string | undefined): Status['collections'][number]['unfinished'][number] => ({
      uid: 'x',
      name,
      type: 'held',
      reason: '12 of 20 items were deleted',
      atMs: NOW_MS,
    });
    const collection = mounted({ unsent: 3, unfinished: [held(undefined), held(undefined), held('x.ics')] });
    const problem = {
      type: 'held',
      uid: 'x',
      title: 'Tea',
      hrefs: { a: 'x', b: undefined },
      reason: 'why',
    } as const;
    const pair = paired({ problems: [problem, problem] });
    assert.deepEqual(statusLines({ ...NOTHING, collections: [collection], pairs: [pair] }, NOW).slice(1), [
      'home/work    2 items  1 pending, 3 held back  never synchronised',
      'backup/work  1 item   2 problems              synchronised 0 s ago',
      'home/work: held back: 12 of 20 items were deleted',
      'backup/work: held back: "Tea" (UID x), "Tea" (UID x): why',
    ]);
  });

  it('has a line a collection', () => {
    const status = { ...NOTHING, collections: [mounted({ unsent: 3 })], pairs: [paired()] };
    assert.deepEqual(statusLines(status, NOW).slice(1), [
      'home/work    2 items  3 pending  never synchronised',
      'backup/work  1 item   in step    synchronised 0 s ago',
    ]);
  });

  const times: [what: string, agoMs: number, inMs: number | undefined, want: string][] = [
    ['seconds', 59_000, 1_000, 'synchronised 59 s ago, next in 1 s'],
    ['minutes', 60_000, 90_000, 'synchronised 1 min ago, next in 1 min'],
    ['hours', 7_200_000, 3_600_000, 'synchronised 2 h ago, next in 1 h'],
    ['days', 200_000_000, 0, 'synchronised 2 days ago, next in 0 s'],
    ['a clock that was set back', -5_000, -5_000, 'synchronised 0 s ago, next in 0 s'],
    ['a run that goes on', 1_000, undefined, 'synchronised 1 s ago, now at it'],
  ];
  for (const [what, agoMs, inMs, want] of times) {
    it(`tells last and next: ${what}`, () => {
      const nextRunMs = inMs === undefined ? undefined : NOW_MS + inMs;
      const one = mounted({ finishedAtMs: NOW_MS - agoMs, nextRunMs });
      const lines = statusLines({ running: engine(), collections: [one], pairs: [] }, NOW);
      assert.ok(lines[1]?.endsWith(`  ${want}`), lines[1]);
    });
  }

  it('tells why a pair as a whole fails', () => {
    const failing = { backup: ['backup: the server does not answer'] };
    assert.deepEqual(statusLines({ ...NOTHING, running: engine({ failing }) }, NOW).slice(1), failing.backup);
  });

  it('has a line for each item of the mount that somebody should know of', () => {
    const one = mounted({
      incomplete: ['half.ics'],
      unfinished: [
        { uid: 'u1', name: 'a.ics', type: 'refused', reason: 'no', atMs: 0 },
        { uid: 'u2', name: undefined, type: 'conflict', reason: 'both', atMs: 0 },
        { uid: 'u3', name: 'c.ics', type: 'passing', reason: 'quiet', atMs: 0 },
      ],
    });
    assert.deepEqual(statusLines({ ...NOTHING, collections: [one] }, NOW).slice(2), [
      'home/work/half.ics: incomplete: kept here and not sent until it is a whole item',
      'home/work/a.ics: refused: UID u1: no',
      'home/work: conflict: UID u2: both',
    ]);
  });

  it('tells what is in the way of properties, and of collections as a whole', () => {
    const collections = [
      mounted({
        unsent: 3,
        properties: [
          { name: 'color', type: 'refused', reason: 'no colours here' },
          { name: 'displayname', type: 'conflict', reason: 'changed on both' },
          { name: 'order', type: 'pending', reason: 'not sent yet' },
        ],
      }),
      mounted({
        id: 'new',
        directory: 'new',
        unsent: 3,
        standing: 'new',
        trouble: { type: 'refused', reason: 'no room', atMs: 0 },
      }),
      mounted({ id: 'away', directory: 'away', unsent: 1, standing: 'removed' }),
      mounted({
        id: 'old',
        directory: 'old',
        unsent: 1,
        standing: 'removed',
        trouble: { type: 'held', reason: '12 items are left', atMs: 0 },
      }),
    ];
    const failing = { 'mount:home': ['mount:home/old: 12 items are left', 'mount:home/x: another'] };
    const lines = statusLines({ ...NOTHING, running: engine({ failing }), collections }, NOW);
    assert.deepEqual(
      lines.slice(1).map((line) => line.replace(/ +never.*/, '')),
      [
        'home/work  2 items  1 pending, 1 refused, 1 in conflict',
        'home/new   2 items  2 pending, 1 refused',
        'home/away  2 items  removed here, pending',
        'home/old   2 items  removed here, held back',
        'mount:home/x: another',
        'home/work/color: refused: no colours here; what you wrote stays here; another value is tried, the same one with "pimsync sync"',
        'home/work/displayname: conflict: changed on both; "pimsync conflicts" shows both',
        'home/new: refused: it could not be made on the other side: no room; it stays here with what is in it, and "pimsync sync" tries again',
        'home/old: held back: 12 items are left',
      ],
    );
  });

  it('names what is left over of a pair, as sync does', () => {
    const problem = { type: 'refused', uid: 'u1', title: 'standup', reason: 'no' } as const;
    const one = paired({ problems: [{ ...problem, hrefs: { a: '1.ics', b: '/cal/1.ics' } }] });
    assert.deepEqual(statusLines({ ...NOTHING, pairs: [one] }, NOW).slice(1), [
      'backup/work  1 item  1 problem  synchronised 0 s ago',
      'backup/work: refused: "standup" (UID u1) [a: 1.ics, b: /cal/1.ics]: no',
    ]);
  });
});

describe('status of a file', () => {
  it('has a line for each thing that is known', () =>
    assert.deepEqual(
      fileLines({ state: 'refused', reason: 'no', href: 'work/a.ics', etag: '7', ident: 'u1' }),
      ['state:   refused', 'reason:  no', 'href:    work/a.ics', 'etag:    7', 'UID:     u1'],
    ));

  it('leaves out what is not', () =>
    assert.deepEqual(
      fileLines({ state: 'scratch', reason: undefined, href: undefined, etag: undefined, ident: undefined }),
      ['state:  scratch'],
    ));
});
