import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Conflict, Decision, ItemConflict, ShownConflict, ShownItem } from '../../src/app/conflicts.ts';
import type { ShownProperty } from '../../src/app/property-conflicts.ts';
import type { SyncOutcome } from '../../src/app/sync-outcome.ts';
import { walkConflicts } from '../../src/cli/walk-conflicts.ts';
import { NotFoundError, UsageError } from '../../src/core/errors.ts';
import { parseItem } from '../../src/core/item.ts';
import { textDifferences } from '../../src/core/text-differences.ts';
import { eventText } from '../support/items.ts';

const DONE: SyncOutcome = {
  lines: ['p/work: 1 updated on b'],
  problems: [],
  json: [],
  failed: false,
  codes: [],
};

const conflict = (uid: string): ItemConflict => ({
  type: 'item',
  item: `p/work/${uid}`,
  pair: 'p',
  collection: 'work',
  uid,
  title: uid,
  reason: 'it was changed on both sides; both are left as they are',
  hrefs: { a: `${uid}.ics`, b: `${uid}.ics` },
});

const COLOR: ShownProperty = {
  type: 'property',
  item: 'p/work:color',
  pair: 'p',
  collection: 'work',
  property: 'color',
  reason: 'it is "#FF0000" on a and not there on b; both are left as they are',
  values: { a: '#FF0000', b: null },
  base: '#00FF00',
  storages: { a: 'x', b: 'y' },
  choices: ['keep a', 'keep b'],
};

function shown(one: ItemConflict, more: Partial<Omit<ShownItem, 'type'>> = {}): ShownItem {
  const { uid } = one;
  const side = (summary: string, lines: readonly string[] = []) => {
    const text = eventText({ uid, summary, lines });
    return {
      storage: 'x',
      href: `${uid}.ics`,
      text,
      hash: parseItem('calendar', text).hash,
      readOnly: false,
    };
  };
  const [base, a, b] = [
    eventText({ uid, summary: 'before' }),
    side('on a'),
    side('on b', ['LOCATION:there\\, and here']),
  ];
  return {
    ...one,
    kind: 'calendar',
    base,
    a,
    b,
    start: '2026-11-22T10:00:00Z',
    differences: textDifferences({ base, a: a.text, b: b.text }),
    choices: ['keep a', 'keep b', 'keep both', 'merge', 'edit'],
    ...more,
  };
}

interface Person {
  /** What is typed, in order; then the input ends. */
  readonly types: readonly string[];
  readonly waiting?: readonly Conflict[];
  readonly columns?: number;
  readonly show?: (one: ItemConflict) => ShownConflict;
  readonly resolve?: (decision: Decision) => SyncOutcome;
  readonly signal?: AbortSignal;
}

/** Has somebody go through conflicts that are gone as soon as they are resolved. */
async function walk({ types, columns = 100, signal = new AbortController().signal, ...person }: Person) {
  const { waiting = [conflict('tea'), conflict('cake')], show = shown, resolve = () => DONE } = person;
  const [typed, screen, asked] = [[...types], [] as string[], [] as string[]];
  const decided: [item: string, decision: Decision, shown: ShownConflict][] = [];
  let open = waiting;
  const left = await walkConflicts(waiting, {
    terminal: {
      columns,
      ask(question, signal) {
        signal.throwIfAborted();
        asked.push(question);
        return Promise.resolve(typed.shift());
      },
    },
    print: (line) => screen.push(line),
    list: () => Promise.resolve(open),
    show: async (item) => {
      const found = open.find((one) => one.item === item);
      if (!found) throw new UsageError(`no conflict is called "${item}"`);
      return found.type === 'property' ? COLOR : show(found);
    },
    resolve: async (item, decision, about) => {
      decided.push([item, decision, about]);
      const outcome = resolve(decision);
      if (!outcome.failed) open = open.filter((one) => one.item !== item);
      return outcome;
    },
    editorOf: () => ({ name: 'vim -d', decision: { type: 'command', command: 'vim -d' } }),
    signal,
  });
  return {
    left: left.map(({ item }) => item.replace('p/work/', '')),
    screen,
    asked,
    decided,
    untyped: typed,
  };
}

describe('going through conflicts', () => {
  it('shows what each is, with both sides beside each other', async () => {
    const { screen, asked } = await walk({ types: ['a', 'b'], columns: 80 });
    const beside = (left: string, right: string): string => `  ${left.padEnd(37)} | ${right}`;
    assert.deepEqual(screen.slice(0, 8), [
      '',
      'Conflict 1 of 2: "tea", 2026-11-22T10:00:00Z',
      'p/work, UID tea',
      beside('a: x tea.ics', 'b: x tea.ics'),
      'SUMMARY of VEVENT (before: before)',
      beside('on a', 'on b'),
      'LOCATION of VEVENT',
      beside('(not there)', 'there, and here'),
    ]);
    assert.ok(screen.includes('Conflict 2 of 2: "cake", 2026-11-22T10:00:00Z'));
    assert.equal(asked[0], 'keep (a), keep (b), keep b(o)th, (m)erge, (e)dit with vim -d, (s)kip, (q)uit? ');
  });

  it('shows one under the other where the terminal is narrow', async () => {
    const { screen } = await walk({ types: ['q'], columns: 60 });
    assert.deepEqual(screen.slice(3), [
      '  a: x tea.ics',
      '  b: x tea.ics',
      'SUMMARY of VEVENT',
      '  before: before',
      '  a: on a',
      '  b: on b',
      'LOCATION of VEVENT',
      '  a: (not there)',
      '  b: there, and here',
    ]);
  });

  it('shows what programs wrote by themselves last', async () => {
    const differences = [
      { what: 'DTSTAMP of VEVENT', base: undefined, a: '1', b: '2' },
      { what: 'SUMMARY of VEVENT', base: undefined, a: 'x', b: 'y' },
    ];
    const { screen } = await walk({ types: ['q'], show: (one) => shown(one, { differences }) });
    assert.deepEqual(
      screen.filter((line) => line.endsWith('of VEVENT')),
      ['SUMMARY of VEVENT', 'DTSTAMP of VEVENT'],
    );
  });

  const answers: readonly (readonly [typed: string, decision: Decision])[] = [
    ['a', { type: 'keep', side: 'a' }],
    ['keep a', { type: 'keep', side: 'a' }],
    ['B', { type: 'keep', side: 'b' }],
    ['o', { type: 'both' }],
    ['both', { type: 'both' }],
    ['m', { type: 'merge' }],
    ['merge', { type: 'merge' }],
    ['e', { type: 'command', command: 'vim -d' }],
  ];
  for (const [typed, decision] of answers) {
    it(`takes "${typed}" for ${JSON.stringify(decision)}, about what was shown`, async () => {
      const { decided, left } = await walk({ types: [typed, 's'] });
      assert.deepEqual(decided, [['p/work/tea', decision, shown(conflict('tea'))]]);
      assert.deepEqual(left, ['cake']);
    });
  }

  it('leaves what is skipped and goes on', async () => {
    const { decided, left } = await walk({ types: ['s', 'a'] });
    assert.deepEqual([decided.map(([item]) => item), left], [['p/work/cake'], ['tea']]);
  });

  for (const [what, types] of [
    ['"q"', ['q', 'a']],
    ['the end of the input', []],
  ] as const) {
    it(`ends at ${what}`, async () => {
      const { decided, left } = await walk({ types });
      assert.deepEqual([decided, left], [[], ['tea', 'cake']]);
    });
  }

  it('asks again for what is no answer, and takes an empty line for none', async () => {
    const { screen, asked, left } = await walk({ types: ['', 'x', 'keep', 'a', 'q'] });
    assert.equal(asked.length, 5);
    assert.ok(screen.includes('"x" is none of these'));
    assert.deepEqual(left, ['cake']);
  });

  it('offers only what is possible', async () => {
    const { asked, screen, decided } = await walk({
      types: ['m', 'o', 'b', 'q'],
      show: (one) => shown(one, { choices: ['keep b'] }),
    });
    assert.equal(asked[0], 'keep (b), (s)kip, (q)uit? ');
    assert.ok(screen.includes('"merge" is not possible here'));
    assert.ok(screen.includes('"keep both" is not possible here'));
    assert.equal(decided.length, 1);
  });

  it('tells what was done', async () => {
    const { screen } = await walk({ types: ['a', 'q'] });
    assert.ok(screen.includes('p/work: 1 updated on b'));
  });

  it('tells why an editor came to nothing, and asks about the same again', async () => {
    let tries = 0;
    const { screen, left } = await walk({
      types: ['e', 'e', 'q'],
      resolve: () => {
        tries += 1;
        if (tries === 1) throw new UsageError('not resolved: the program left both files different');
        return DONE;
      },
    });
    assert.ok(screen.includes('not resolved: the program left both files different'));
    assert.equal(screen.filter((line) => line.startsWith('Conflict 1 of 2')).length, 2);
    assert.deepEqual(left, ['cake']);
  });

  it('shows a conflict anew that is still one', async () => {
    const { screen, left } = await walk({
      types: ['a', 'q'],
      resolve: () => ({ ...DONE, lines: [], failed: true, problems: ['p/work: conflict: …'] }),
    });
    assert.ok(screen.includes('not resolved: it was changed on both sides; both are left as they are'));
    assert.equal(screen.filter((line) => line.startsWith('Conflict 1 of 2')).length, 2);
    assert.deepEqual(left, ['tea', 'cake']);
  });

  it('tells what failed as a whole', async () => {
    const { screen } = await walk({
      types: ['a', 'q'],
      resolve: () => ({ ...DONE, failed: true, codes: ['unreachable'], problems: ['p: the server is gone'] }),
    });
    assert.ok(screen.includes('p: the server is gone'));
  });

  it('asks about a property of a collection whose value it is to be', async () => {
    const { screen, asked, decided, left } = await walk({ types: ['e', 'b'], waiting: [COLOR], columns: 80 });
    assert.match(screen.join('\n'), /^\nConflict 1 of 1: the color of work\np\/work\n {2}a: x +\| b: y\n/);
    assert.match(
      screen.join('\n'),
      /\ncolor \(before: #00FF00\)\n {2}#FF0000 +\| \(not there\)\n"edit" is not/,
    );
    assert.equal(asked[0], 'keep (a), keep (b), (s)kip, (q)uit? ');
    assert.deepEqual(decided, [['p/work:color', { type: 'keep', side: 'b' }, COLOR]]);
    assert.deepEqual(left, []);
  });

  it('goes on after one that cannot be shown', async () => {
    const { screen, decided } = await walk({
      types: ['a'],
      show(one) {
        if (one.uid === 'tea') throw new NotFoundError('x has no readable item at tea.ics any more');
        return shown(one);
      },
    });
    assert.ok(screen.includes('x has no readable item at tea.ics any more'));
    assert.deepEqual(
      decided.map(([item]) => item),
      ['p/work/cake'],
    );
  });

  it('hides no bug', async () => {
    const show = (): never => {
      throw new TypeError('oops');
    };
    await assert.rejects(walk({ types: ['a'], show }), /oops/);
  });

  it('ends when it is interrupted', async () => {
    await assert.rejects(
      walk({ types: ['a'], signal: AbortSignal.abort(new Error('interrupted')) }),
      /interrupted/,
    );
  });
});
