import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ItemHistory, ShownVersion } from '../../src/app/history.ts';
import { historyLines } from '../../src/cli/history-lines.ts';

const AT = new Date(2026, 10, 2, 3, 4, 5).getTime();
const version = (fields: Partial<ShownVersion> = {}): ShownVersion => ({
  number: 12,
  path: '/mnt/dav/work/a.ics',
  size: 612,
  title: 'standup',
  start: undefined,
  replacedAtMs: AT,
  why: 'edited-here',
  ...fields,
});
const item = (fields: Partial<ItemHistory> = {}): ItemHistory => ({
  path: '/mnt/dav/work/a.ics',
  uid: 'a',
  state: 'there',
  versions: [version()],
  ...fields,
});
const lines = (
  items: readonly ItemHistory[],
  options: { isItem?: boolean; path?: string; isTerminal?: boolean },
) =>
  historyLines(
    { isItem: options.isItem ?? true, items },
    { path: options.path ?? '/mnt/dav/work', isTerminal: options.isTerminal ?? false },
  );

describe('historyLines', () => {
  it('of an item: a line a version', () =>
    assert.deepEqual(lines([item({ versions: [version({ number: 107, why: 'merged' }), version()] })], {}), [
      '@107  2026-11-02 03:04:05  612 B  standup  merged with a change on the server',
      '@12   2026-11-02 03:04:05  612 B  standup  edited here',
    ]));

  it('tells where a version was shown, when that was elsewhere', () =>
    assert.match(
      lines([item({ versions: [version({ path: '/mnt/dav/home/b.ics' })] })], {})[0] ?? '',
      / edited here {2}as \/mnt\/dav\/home\/b\.ics$/,
    ));

  it('of a folder: a line an item, named as one would type it', () =>
    assert.deepEqual(
      lines(
        [
          item({ versions: [version({ number: 13 }), version()] }),
          item({
            path: '/mnt/dav/work/b.ics',
            state: 'deleted',
            versions: [version({ why: 'deleted-there' })],
          }),
        ],
        { isItem: false, path: '/mnt/dav' },
      ),
      [
        '/mnt/dav/work/a.ics@13  changed  2026-11-02 03:04:05  612 B  standup  edited here            2 versions',
        '/mnt/dav/work/b.ics@12  deleted  2026-11-02 03:04:05  612 B  standup  deleted on the server',
      ],
    ));

  it('has no title where there is none', () =>
    assert.match(
      lines([item({ versions: [version({ title: undefined })] })], {})[0] ?? '',
      /612 B {2,}edited/,
    ));

  it('cuts titles for a terminal, and only there, between what people see as characters', () => {
    const title = '👩‍👩‍👧'.repeat(50);
    const shown = (isTerminal: boolean): string =>
      lines([item({ versions: [version({ title })] })], { isTerminal })[0] ?? '';
    assert.ok(shown(true).includes(` ${'👩‍👩‍👧'.repeat(39)}… `));
    assert.ok(shown(false).includes(title));
  });
});
