import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { contactText, eventText } from '../support/items.ts';
import { MountedCache } from '../support/mounted-cache.ts';
import { assertCounted, versionsIn } from '../support/versions-in.ts';

let cache: MountedCache;
beforeEach(async () => {
  cache = await MountedCache.open();
});

const now = (): number => cache.clock.nowMs();
const event = (summary: string, uid = 'a'): string => eventText({ uid, summary });
const versions = (name = 'a.ics', directory = 'work'): string[] => versionsIn(cache, name, directory);
const countOf = (table: string): unknown => cache.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
const open = (name: string): void => void cache.save(name, '', { writers: true });

describe('what an edit leaves in the history', () => {
  /** Each replaces "old" in `a.ics` by "new", or tries. */
  const edits: readonly (readonly [title: string, edit: () => void, left: readonly string[]])[] = [
    ['in place', () => cache.save('a.ics', event('new')), ['old: edited-here']],
    [
      'truncated, then written',
      () => {
        open('a.ics');
        cache.save('a.ics', event('new'));
      },
      ['old: edited-here'],
    ],
    [
      'truncated, then written in pieces',
      () => {
        open('a.ics');
        cache.save('a.ics', event('new').slice(0, 60), { writers: true });
        cache.save('a.ics', event('new').slice(0, 120), { writers: true });
        cache.save('a.ics', event('new'));
      },
      ['old: edited-here'],
    ],
    [
      'written beside it and renamed over it',
      () => {
        cache.save('sedX', event('new'));
        cache.rename('sedX', 'a.ics');
      },
      ['old: edited-here'],
    ],
    [
      'moved away and made anew, as vim does',
      () => {
        cache.rename('a.ics', 'a.ics~');
        open('a.ics');
        cache.save('a.ics', event('new'));
        cache.remove('a.ics~');
      },
      ['old: edited-here'],
    ],
    [
      'removed and made anew',
      () => {
        cache.remove('a.ics');
        cache.save('a.ics', event('new'));
      },
      ['old: edited-here'],
    ],
    [
      'written beside it under a link, as khal does',
      () => {
        const { ino } = cache.save('tmp1', event('new'));
        cache.remove('a.ics');
        cache.tree.link(ino, cache.folder, 'a.ics', now());
        cache.remove('tmp1');
      },
      ['old: edited-here'],
    ],
    ['the same text once more', () => cache.save('a.ics', event('old')), []],
    [
      'truncated, and the same text',
      () => {
        open('a.ics');
        cache.save('a.ics', event('old'));
      },
      [],
    ],
    [
      'moved away, and the same text made anew',
      () => {
        cache.rename('a.ics', 'a.ics~');
        open('a.ics');
        cache.save('a.ics', event('old'));
        cache.remove('a.ics~');
      },
      [],
    ],
    [
      'the same text renamed over it',
      () => {
        cache.save('sedX', event('old'));
        cache.rename('sedX', 'a.ics');
      },
      [],
    ],
    [
      'moved away and back',
      () => {
        cache.rename('a.ics', 'a.ics~');
        cache.rename('a.ics~', 'a.ics');
      },
      [],
    ],
    ['removed', () => cache.remove('a.ics'), ['old: deleted-here']],
    ['renamed to scratch', () => cache.rename('a.ics', 'a.bak'), ['old: deleted-here']],
    ['cut to nothing', () => cache.save('a.ics', ''), ['old: edited-here']],
    ['cut in the middle', () => cache.save('a.ics', event('old').slice(0, 90)), ['old: edited-here']],
    [
      'removed, and made anew another day',
      () => {
        cache.remove('a.ics');
        cache.clock.move(86_400_000);
        cache.save('a.ics', event('new'));
      },
      ['old: deleted-here'],
    ],
    [
      'cut to nothing, and the same text written another day',
      () => {
        cache.save('a.ics', '');
        cache.clock.move(86_400_000);
        cache.save('a.ics', event('old'));
      },
      ['old: edited-here'],
    ],
    [
      'twice',
      () => {
        cache.save('a.ics', event('new'));
        cache.save('a.ics', event('newer'));
      },
      ['new: edited-here', 'old: edited-here'],
    ],
    [
      'by another text, and back at once',
      () => {
        cache.save('sedX', event('new'));
        cache.rename('sedX', 'a.ics');
        cache.save('sedX', event('old'));
        cache.rename('sedX', 'a.ics');
      },
      ['new: edited-here', 'old: edited-here'],
    ],
    [
      'the same in place, truncated each time',
      () => {
        for (const title of ['new', 'old']) {
          open('a.ics');
          cache.save('a.ics', event(title));
        }
      },
      ['new: edited-here', 'old: edited-here'],
    ],
    [
      'by a text that nobody can read as UTF-8, which is then put right',
      () => {
        cache.save('a.ics', Buffer.from(event('M\u00fcll'), 'latin1'));
        cache.save('a.ics', event('M\u00fcll'));
      },
      ['M\uFFFDll: edited-here', 'old: edited-here'],
    ],
    [
      'by noise',
      () => {
        cache.save('a.ics', Buffer.from([0xff, 0xfe, 0x00]));
        cache.save('a.ics', event('new'));
      },
      ['old: edited-here'],
    ],
  ];
  for (const [title, edit, left] of edits) {
    it(title, () => {
      cache.save('a.ics', event('old'));
      cache.clock.move(60_000);
      edit();
      assert.deepEqual(versions(), left);
      assertCounted(cache);
    });
  }

  it('nothing for scratch, for the first text, and for what never was whole', () => {
    cache.save('notes.txt', 'one');
    cache.save('notes.txt', 'two');
    cache.save('b.ics', event('b').slice(0, 50));
    cache.remove('b.ics');
    cache.remove('notes.txt');
    assert.equal(countOf('version'), 0);
  });

  it('a contact, likewise', async () => {
    cache = await MountedCache.open({ kind: 'contact' });
    cache.save('ada.vcf', contactText());
    cache.save('ada.vcf', contactText({ name: 'Ada King' }));
    assert.equal(versions('ada.vcf').length, 1);
  });
});
