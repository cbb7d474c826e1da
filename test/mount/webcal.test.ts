import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FeedServer } from '../support/feed-server.ts';
import { calendar, event, HEAD } from '../support/feeds.ts';
import { LiveMount, Place } from '../support/place.ts';
import { type Ends, endsOf, eventually, MAIN } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const skip = requirement('fuse');
const PATH = '/holidays.ics';
const FEED = calendar(
  [event('1', 'tea'), event('2', 'coffee')],
  [...HEAD, 'X-WR-CALNAME:Holidays', 'COLOR:teal'],
);

/** A feed, mounted as `feed/days`. */
async function mounted(ends: Ends): Promise<{ feeds: FeedServer; place: Place; shown: string }> {
  const feeds = await FeedServer.start(ends);
  feeds.feed(PATH, FEED);
  const table = `[storage.feed]\ntype = "webcal"\nurl = "${feeds.url(PATH).href}"\ncollection = "days"`;
  const place = await Place.make(ends, { storages: [table], mounted: ['feed'] });
  await LiveMount.start(ends, place);
  const shown = place.at('feed', 'days');
  await eventually('the items', async () => (await readdir(shown)).includes('2.ics'));
  return { feeds, place, shown };
}

const itemsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.ics')).toSorted();

describe('a feed in the mount', { skip, timeout: 120_000 }, () => {
  it('is a folder of its items with its name and colour', async (t) => {
    const { shown } = await mounted(endsOf(t));
    assert.deepEqual((await readdir(shown)).toSorted(), ['1.ics', '2.ics', 'color', 'displayname']);
    assert.equal(await readFile(join(shown, '1.ics'), 'utf8'), calendar([event('1', 'tea')]));
    assert.equal((await readFile(join(shown, 'displayname'), 'utf8')).trim(), 'Holidays');
    assert.equal((await readFile(join(shown, 'color'), 'utf8')).trim(), '#008080');
  });

  it('takes no writes', async (t) => {
    const { shown } = await mounted(endsOf(t));
    const attempts = {
      'a new item': () => writeFile(join(shown, '3.ics'), calendar([event('3', 'mine')])),
      'an edit': () => writeFile(join(shown, '1.ics'), calendar([event('1', 'mine')])),
      'a deletion': () => rm(join(shown, '1.ics')),
    };
    for (const [what, attempt] of Object.entries(attempts))
      await assert.rejects(
        attempt(),
        ({ code }: NodeJS.ErrnoException) => code === 'EROFS' || code === 'EACCES',
        what,
      );
    assert.equal((await stat(shown)).mode & 0o222, 0);
    assert.deepEqual(await itemsIn(shown), ['1.ics', '2.ics']);
  });

  it('shows what changes, and keeps what it has when the feed fails', async (t) => {
    const { feeds, place, shown } = await mounted(endsOf(t));
    feeds.feed(PATH, calendar([event('2', 'juice'), event('3', 'cake')]));
    const { status, stderr } = await place.pimsync(['sync']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(await itemsIn(shown), ['2.ics', '3.ics']);
    assert.equal(await readFile(join(shown, '2.ics'), 'utf8'), calendar([event('2', 'juice')]));
    feeds.show(PATH, { body: '<html>log in</html>' });
    assert.equal((await place.pimsync(['sync'])).status, 1);
    assert.deepEqual(await itemsIn(shown), ['2.ics', '3.ics']);
  });
});

describe('a feed that is mounted without a configuration', { skip, timeout: 120_000 }, () => {
  it('is named on the command line, and called by its file', async (t) => {
    const ends = endsOf(t);
    const feeds = await FeedServer.start(ends);
    feeds.feed(PATH, FEED);
    const place = await Place.make(ends, { storages: [], mounted: [] });
    const url = feeds.url(PATH).href.replace(/^http/, 'webcal');
    await LiveMount.start(ends, place, {
      command: [process.execPath, MAIN, 'mount', place.mountpoint, '--url', url],
      env: { XDG_STATE_HOME: place.stateFolder },
    });
    await eventually('the items', async () => (await itemsIn(place.at('holidays'))).length === 2);
    assert.equal(await place.read('holidays', '2.ics'), calendar([event('2', 'coffee')]));
  });
});
