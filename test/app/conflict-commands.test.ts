import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { RunProgram } from '../../src/app/make-one-text.ts';
import { NotFoundError, UnreachableError } from '../../src/core/errors.ts';
import type { PairReport } from '../../src/sync/report.ts';
import {
  askedPair,
  BY_ITSELF,
  change,
  conflictOn,
  deciding,
  event,
  EXPLICIT,
  NEVER,
  reasons,
  scheduled,
  titles,
} from '../support/asked-pair.ts';

describe('a command for conflicts', () => {
  it('decides in a run that somebody asked for, which tells what came of it', async () => {
    const setting = await askedPair(deciding((a, b) => `${a} and ${b}`));
    conflictOn(setting, 'tea');
    setting.a.put('cake.ics', event('cake', 'baked'));
    const reports = await setting.engine.sync([], EXPLICIT);
    assert.deepEqual(reasons(reports), []);
    for (const side of [setting.a, setting.b])
      assert.deepEqual(titles(side), { tea: 'on a and on b', cake: 'baked' });
    const changes = reports.flatMap(({ collections }) => collections.flatMap((one) => one.changes));
    assert.deepEqual(
      changes.map(({ uid, on }) => `${uid ?? ''} on ${on}`),
      ['cake on b', 'tea on b', 'tea on a'],
    );
    assert.deepEqual(reasons(await setting.engine.sync([], EXPLICIT)), []);
    assert.equal(setting.runs(), 1);
  });

  it('decides beside the schedule, whose run does not wait for it', async () => {
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const decide = deciding((a) => a);
    const setting = await askedPair(async (input) => gate.then(() => decide(input)));
    conflictOn(setting, 'tea');
    const report = await setting.engine.syncOne('p', BY_ITSELF);
    assert.match(reasons([report]).join(), /its command is to decide/);
    const later: PairReport[] = [];
    setting.engine.decideLater(report, (one) => later.push(one), NEVER);
    // Another item crosses while it is thinking.
    setting.a.put('cake.ics', event('cake', 'baked'));
    await setting.engine.syncOne('p', BY_ITSELF);
    assert.deepEqual(titles(setting.b), { tea: 'on b', cake: 'baked' });
    go();
    await setting.engine.settled();
    assert.deepEqual(titles(setting.b), { tea: 'on a', cake: 'baked' });
    assert.equal(later.length, 1);
  });

  it('that hangs about one item does not hold up the decision about another', async () => {
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const decide = deciding((a) => a);
    const setting = await askedPair(async (input) => {
      if ((await readFile(input.files[0], 'utf8')).includes('UID:tea')) await gate;
      return decide(input);
    });
    conflictOn(setting, 'tea');
    conflictOn(setting, 'cake');
    const report = await setting.engine.syncOne('p', BY_ITSELF);
    const first = new Promise<PairReport>((resolve) => {
      setting.engine.decideLater(report, resolve, NEVER);
    });
    await first;
    assert.deepEqual(titles(setting.b), { tea: 'on b', cake: 'on a' });
    go();
    await setting.engine.settled();
    assert.deepEqual(titles(setting.b), { tea: 'on a', cake: 'on a' });
  });

  it('is run once for an item, however many ask meanwhile', async () => {
    const setting = await askedPair(deciding((a) => a));
    conflictOn(setting, 'tea');
    const report = await setting.engine.syncOne('p', BY_ITSELF);
    for (const _ of [1, 2]) setting.engine.decideLater(report, () => {}, NEVER);
    const reports = await setting.engine.sync([], EXPLICIT);
    await setting.engine.settled();
    assert.deepEqual([setting.runs(), reasons(reports)], [1, []]);
  });

  it('that fails leaves the conflict with its reason', async () => {
    const setting = await askedPair(deciding(() => undefined));
    conflictOn(setting, 'tea');
    const reports = await setting.engine.sync([], EXPLICIT);
    assert.deepEqual(reasons(reports), [
      'conflict: it was changed on both sides (it knows nothing of that); both are left as they are',
    ]);
    assert.deepEqual([titles(setting.a)['tea'], titles(setting.b)['tea']], ['on a', 'on b']);
  });

  it('is not run again for what it failed on, not even by a later process, unless a person asks', async () => {
    const setting = await askedPair(deciding(() => undefined));
    conflictOn(setting, 'tea');
    await scheduled(setting.engine);
    await scheduled(setting.engine);
    const { report } = await scheduled(setting.restart());
    assert.equal(setting.runs(), 1);
    assert.match(reasons([report]).join(), /it knows nothing of that/);
    await setting.engine.sync([], EXPLICIT);
    assert.equal(setting.runs(), 2);
  });

  it('that is another than the one which failed is run', async () => {
    const setting = await askedPair(deciding(() => undefined));
    conflictOn(setting, 'tea');
    await scheduled(setting.engine);
    setting.use(deciding((a) => a));
    await scheduled(setting.restart());
    assert.equal(setting.runs(), 1);
    await scheduled(setting.restart(['decide', '--better']));
    assert.deepEqual([setting.runs(), titles(setting.b)], [2, { tea: 'on a', cake: 'before' }]);
  });

  it('is run again for other versions, and forgets what is no longer in conflict', async () => {
    const setting = await askedPair(deciding(() => undefined));
    conflictOn(setting, 'tea');
    conflictOn(setting, 'cake');
    await scheduled(setting.engine);
    change(setting, 'tea', { a: 'later on a', b: 'on b' });
    setting.b.put('cake.ics', event('cake', 'on a'));
    setting.use(deciding((a) => a));
    await scheduled(setting.engine);
    assert.equal(setting.runs(), 3);
    assert.deepEqual(titles(setting.b), { tea: 'later on a', cake: 'on a' });
    setting.use(deciding(() => undefined));
    conflictOn(setting, 'tea');
    await scheduled(setting.engine);
    assert.doesNotMatch([...setting.memo.kept.values()].join(), /cake/);
  });

  const useless: readonly (readonly [what: string, program: RunProgram, reason: RegExp])[] = [
    [
      'makes another item of it',
      async ({ files }) => {
        for (const file of files) await writeFile(file, event('other', 'x'));
        return undefined;
      },
      /has another UID/,
    ],
    [
      'breaks it',
      async ({ files }) => {
        for (const file of files) await writeFile(file, 'BEGIN:VCALENDAR\r\n');
        return undefined;
      },
      /is not a whole item/,
    ],
  ];
  for (const [what, program, reason] of useless) {
    it(`that ${what} changes nothing, and is not run again`, async () => {
      const setting = await askedPair(program);
      conflictOn(setting, 'tea');
      await scheduled(setting.engine);
      const { report } = await scheduled(setting.engine);
      assert.match(reasons([report]).join(), reason);
      assert.deepEqual([titles(setting.b)['tea'], setting.runs()], ['on b', 1]);
    });
  }

  it('is not run again for a side that cannot be written to', async () => {
    const setting = await askedPair(deciding((a, b) => `${a} and ${b}`));
    setting.options.b.readOnly = true;
    conflictOn(setting, 'tea');
    await scheduled(setting.engine);
    const { report } = await scheduled(setting.engine);
    assert.match(reasons([report]).join(), /one side is read-only/);
    assert.equal(setting.runs(), 1);
  });

  it('whose result comes too late is asked about the new versions', async () => {
    const setting = await askedPair(deciding((a) => a));
    setting.use(async (input) => {
      setting.use(deciding((a) => a));
      setting.b.put('tea.ics', event('tea', 'on b, later'));
      return deciding((a, b) => `${a} and ${b}`)(input);
    });
    conflictOn(setting, 'tea');
    await scheduled(setting.engine);
    assert.deepEqual([titles(setting.a)['tea'], titles(setting.b)['tea']], ['on a', 'on b, later']);
    await scheduled(setting.engine);
    assert.deepEqual([titles(setting.b)['tea'], setting.runs()], ['on a', 2]);
  });

  it('whose result could not be brought to both sides is run again', async () => {
    const setting = await askedPair(deciding((a) => a));
    conflictOn(setting, 'tea');
    setting.use(async (input) => {
      setting.options.b.failsDiscovery = new UnreachableError('the network is gone');
      return deciding((a) => a)(input);
    });
    await scheduled(setting.engine);
    setting.options.b.failsDiscovery = undefined;
    setting.use(deciding((a) => a));
    await scheduled(setting.engine);
    assert.deepEqual([titles(setting.b)['tea'], setting.runs()], ['on a', 2]);
  });

  it('is not run where the texts cannot be read, until they can', async () => {
    const setting = await askedPair(deciding((a) => a));
    conflictOn(setting, 'tea');
    const report = await setting.engine.syncOne('p', BY_ITSELF);
    setting.options.b.failsDiscovery = new NotFoundError('not today');
    setting.engine.decideLater(report, () => {}, NEVER);
    await setting.engine.settled();
    assert.equal(setting.runs(), 0);
    setting.options.b.failsDiscovery = undefined;
    await scheduled(setting.engine);
    assert.equal(titles(setting.b)['tea'], 'on a');
  });

  it('is not run by a dry run, nor when a person decides about another item', async () => {
    const setting = await askedPair(deciding((a) => a));
    conflictOn(setting, 'tea');
    await setting.engine.sync([], { ...EXPLICIT, dryRun: true });
    await setting.engine.sync([], {
      ...EXPLICIT,
      resolutions: [{ ident: 'cake' as never, how: { type: 'keep', side: 'a' } }],
    });
    assert.equal(setting.runs(), 0);
  });

  it('is ended with the engine, and then has decided nothing', async () => {
    let begin: () => void = () => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const setting = await askedPair(({ signal }) => {
      begin();
      return new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve('it was ended'), { once: true });
      });
    });
    conflictOn(setting, 'tea');
    const report = await setting.engine.syncOne('p', BY_ITSELF);
    const stop = new AbortController();
    setting.engine.decideLater(report, () => assert.fail('nothing was done'), stop.signal);
    await begun;
    stop.abort(new Error('stopping'));
    await setting.engine.close();
    assert.deepEqual([...setting.memo.kept], []);
  });
});
