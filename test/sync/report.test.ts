import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthError, ConfigError, ServerError } from '../../src/core/errors.ts';
import {
  type Change,
  type CollectionReport,
  hasFailures,
  joinReports,
  needsRetry,
  NOTHING_DONE,
  pairReport,
  type PairReport,
  type Problem,
  toFailure,
  toJson,
} from '../../src/sync/report.ts';
import { planLines, problemLines, summaryLines } from '../../src/sync/report-lines.ts';

const change = (type: Change['type'], on: Change['on'], fields: Partial<Change> = {}): Change => ({
  type,
  on,
  uid: 'event-1',
  title: undefined,
  href: '/work/x.ics',
  ...fields,
});

const problem = (type: Problem['type'], fields: Partial<Problem> = {}): Problem => ({
  type,
  uid: 'event-1',
  title: 'Standup',
  hrefs: { a: '/a/x.ics', b: undefined },
  reason: 'as told',
  ...fields,
});

const collection = (fields: Partial<CollectionReport>): CollectionReport => ({
  name: 'work',
  outcome: 'synced',
  ...NOTHING_DONE,
  ...fields,
});

const report = (...collections: readonly Partial<CollectionReport>[]): PairReport =>
  pairReport({ pair: 'backup', dryRun: false, collections: collections.map(collection) });

describe('a report in lines', () => {
  const plans: [name: string, given: Partial<CollectionReport>, want: string[]][] = [
    [
      'names a planned step by title and UID',
      { changes: [change('create', 'b', { title: 'Standup' })] },
      ['backup/work: create on b: "Standup" (UID event-1)'],
    ],
    [
      'names a step without a title by its UID',
      { changes: [change('remove', 'a')] },
      ['backup/work: remove on a: UID event-1'],
    ],
    [
      'names a step without a UID by its place',
      { changes: [change('update', 'a', { uid: undefined, title: 'Standup' })] },
      ['backup/work: update on a: "Standup" (/work/x.ics)'],
    ],
    [
      'says what waits for a word, and once for which',
      {
        waiting: [
          { ...change('remove', 'b', { title: 'Tea' }), reason: 'only b has it; "pimsync confirm" …' },
          { ...change('remove', 'b', { title: 'Cake' }), reason: 'only b has it; "pimsync confirm" …' },
          { ...change('update', 'b'), reason: 'b has another text; "pimsync confirm" …' },
        ],
      },
      [
        'backup/work: once you confirm it, remove on b: "Tea" (UID event-1)',
        'backup/work: once you confirm it, remove on b: "Cake" (UID event-1)',
        'backup/work: once you confirm it, update on b: UID event-1',
        'backup/work: 2 of these steps wait for your word: only b has it; "pimsync confirm" …',
        'backup/work: 1 of these steps waits for your word: b has another text; "pimsync confirm" …',
      ],
    ],
    [
      'says which collections would be created',
      { created: ['b'] },
      ['backup/work: create the collection on b, with all its items'],
    ],
    [
      'lets no terminal control and no false line through',
      { changes: [change('create', 'b', { title: 'a\r\nb\u001B[31m\u202E', uid: 'u\u0007' })] },
      ['backup/work: create on b: "a\uFFFD\uFFFDb\uFFFD[31m\uFFFD" (UID u\uFFFD)'],
    ],
    [
      'cuts what is too long to read',
      { changes: [change('create', 'b', { title: 'x'.repeat(200), uid: '1' })] },
      [`backup/work: create on b: "${'x'.repeat(79)}…" (UID 1)`],
    ],
  ];
  for (const [name, given, want] of plans) it(name, () => assert.deepEqual(planLines(report(given)), want));

  it('sums up what was done on each side', () => {
    const changes = [
      change('create', 'b'),
      change('create', 'b'),
      change('update', 'a'),
      change('remove', 'b'),
    ];
    assert.deepEqual(summaryLines(report({ changes, created: ['b'] })), [
      'backup/work: collection created on b, 1 updated on a, 2 created on b, 1 removed on b',
    ]);
  });

  it('says so when there was nothing to do', () => {
    assert.deepEqual(summaryLines(report({ outcome: 'quiet' })), ['backup: nothing to do']);
  });

  it('does not say so when something is wrong with a collection', () => {
    assert.deepEqual(summaryLines(report({ problems: [problem('conflict')] })), []);
    assert.deepEqual(summaryLines(report({ error: toFailure(new ServerError('500')) })), []);
  });

  it('says nothing was done where all failed', () => {
    const failed = pairReport({
      pair: 'backup',
      dryRun: false,
      collections: [],
      error: new AuthError('401'),
    });
    assert.deepEqual(summaryLines(failed), []);
    assert.deepEqual(problemLines(failed), ['backup: 401']);
  });

  it('names each problem with its places and reason', () => {
    const both = problem('conflict', { hrefs: { a: '/a/x.ics', b: '/b/y.ics' } });
    const nameless = problem('unclear', { uid: undefined, title: undefined });
    assert.deepEqual(
      problemLines(report({ problems: [both, nameless], error: toFailure(new ServerError('500')) })),
      [
        'backup/work: 500',
        'backup/work: conflict: "Standup" (UID event-1) [a: /a/x.ics, b: /b/y.ics]: as told',
        'backup/work: unclear: /a/x.ics [a: /a/x.ics]: as told',
      ],
    );
  });
});

describe('a report as a verdict', () => {
  const verdicts: [name: string, given: PairReport, fails: boolean, retry: boolean][] = [
    ['quiet', report({ outcome: 'quiet' }), false, false],
    ['changes alone', report({ changes: [change('create', 'a')] }), false, false],
    ['a conflict', report({ problems: [problem('conflict')] }), true, false],
    ['a refused item', report({ problems: [problem('refused')] }), true, false],
    [
      'a plan of which steps wait for a word',
      report({ outcome: 'planned', waiting: [{ ...change('remove', 'b'), reason: 'x' }] }),
      false,
      false,
    ],
    ['an unclear item', report({ problems: [problem('unclear')] }), true, false],
    ['a failed item', report({ problems: [problem('failed')] }), true, true],
    ['a failed collection', report({}, { error: toFailure(new ServerError('500')) }), true, true],
    ['a failed login', report({ error: toFailure(new AuthError('401')) }), true, false],
    [
      'a wrong configuration',
      pairReport({ pair: 'backup', dryRun: false, collections: [], error: new ConfigError('x') }),
      true,
      false,
    ],
  ];
  for (const [name, given, fails, retry] of verdicts)
    it(`${name}: ${fails ? 'a failure' : 'all well'}, ${retry ? 'worth another try' : 'no need to try again'}`, () => {
      assert.deepEqual([hasFailures(given), needsRetry(given)], [fails, retry]);
    });

  it('stays away for as long as the most patient server asks', () => {
    const wait = (seconds: number): Partial<CollectionReport> => ({
      error: toFailure(new ServerError('503', { retryAfterSeconds: seconds })),
    });
    assert.equal(report(wait(5), wait(60), {}).retryAfterSeconds, 60);
    assert.equal(report({}).retryAfterSeconds, undefined);
  });
});

describe('notes on a run', () => {
  const noted = (...notes: readonly string[]): PairReport => ({ ...report({}), notes });

  it('are told, and are no failure', () => {
    const given = noted('a hook failed');
    assert.deepEqual(problemLines(given), ['backup: a hook failed']);
    assert.deepEqual([hasFailures(given), needsRetry(given)], [false, false]);
  });

  it('of two runs are told of both', () => {
    assert.deepEqual(joinReports(noted('one'), noted('two')).notes, ['one', 'two']);
    assert.equal(joinReports(report({}), report({})).notes, undefined);
  });
});

describe('a report as JSON', () => {
  it('has these names, and counts', () => {
    const json: unknown = JSON.parse(
      JSON.stringify(toJson(report({ changes: [change('create', 'b')], problems: [problem('conflict')] }))),
    );
    assert.deepEqual(json, {
      pair: 'backup',
      ok: false,
      dryRun: false,
      notes: [],
      collections: [
        {
          name: 'work',
          outcome: 'synced',
          created: [],
          deleted: [],
          properties: [],
          notes: [],
          changes: [{ type: 'create', on: 'b', uid: 'event-1', href: '/work/x.ics' }],
          problems: [
            {
              type: 'conflict',
              uid: 'event-1',
              title: 'Standup',
              hrefs: { a: '/a/x.ics' },
              reason: 'as told',
            },
          ],
          counts: { a: { create: 0, update: 0, remove: 0 }, b: { create: 1, update: 0, remove: 0 } },
        },
      ],
    });
  });

  it('can be read back as a report by another process', () => {
    const given = report({ problems: [problem('failed')] });
    // The shape is what toJson promises; this is what the command line does with a daemon's answer.
    const back = JSON.parse(JSON.stringify(toJson(given))) as PairReport;
    assert.deepEqual([problemLines(back), hasFailures(back)], [problemLines(given), true]);
  });
});
