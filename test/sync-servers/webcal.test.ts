import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FeedServer } from '../support/feed-server.ts';
import { calendar, event, HEAD } from '../support/feeds.ts';
import { Place, vdirTable } from '../support/place.ts';
import { endsOf, type Finished } from '../support/program.ts';

const PATH = '/holidays.ics';
const NAMED = [...HEAD, 'X-WR-CALNAME:Holidays', 'METHOD:PUBLISH'];
const [TEA, COFFEE] = [event('1', 'tea'), event('2', 'coffee')];

interface Trial {
  readonly feeds: FeedServer;
  readonly place: Place;
  /** File name → contents of the vdir's items. */
  readonly files: () => Promise<Record<string, string>>;
  readonly folder: string;
  /** `pimsync sync`, which has to go well. @returns what it printed */
  readonly sync: () => Promise<string>;
  readonly syncFails: () => Promise<Finished>;
}

/** A pair of a feed and a folder, in which the feed's collection is there and empty. */
async function trial(t: TestContext): Promise<Trial> {
  const ends = endsOf(t);
  const feeds = await FeedServer.start(ends);
  const place = await Place.make(ends, { storages: [], mounted: [] });
  const folder = join(place.folder, 'vdirs', 'holidays');
  await mkdir(folder, { recursive: true });
  await place.configure({
    storages: [feedTable(feeds.url(PATH)), vdirTable('local', join(place.folder, 'vdirs'))],
    mounted: [],
    more: ['[pair.p]\na = "feed"\nb = "local"\ncollections = "all"'],
  });
  const run = (): Promise<Finished> => place.pimsync(['sync']);
  return {
    feeds,
    place,
    folder,
    async files() {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.ics')).toSorted();
      const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const);
      return Object.fromEntries(await Promise.all(texts));
    },
    async sync() {
      const { status, stdout, stderr } = await run();
      assert.deepEqual([status, stderr], [0, ''], stdout);
      return stdout;
    },
    async syncFails() {
      const finished = await run();
      assert.equal(finished.status, 1, finished.stdout);
      return finished;
    },
  };
}

const feedTable = (url: URL): string => `[storage.feed]\ntype = "webcal"\nurl = "${url.href}"`;

/** `http:` as people write it for feeds. */
const asWebcal = (url: URL): URL => new URL(url.href.replace(/^http/, 'webcal'));

describe('a feed in a pair with a folder', () => {
  it('fills it, and finds nothing to do the second time', async (t) => {
    const { feeds, folder, files, sync } = await trial(t);
    feeds.show(PATH, { headers: { etag: '"1"' }, body: calendar([TEA, COFFEE], NAMED) });
    await sync();
    const filled = await files();
    assert.deepEqual(filled, { '1.ics': calendar([TEA]), '2.ics': calendar([COFFEE]) });
    const before = await stat(join(folder, '1.ics'));
    const asked = feeds.asked.length;
    assert.match(await sync(), /nothing/i);
    assert.deepEqual(await files(), filled);
    assert.equal((await stat(join(folder, '1.ics'))).mtimeMs, before.mtimeMs);
    assert.deepEqual(
      feeds.asked.slice(asked).map(({ headers }) => headers['if-none-match']),
      ['"1"'],
    );
  });

  it('is followed when items change, come and go', async (t) => {
    const { feeds, files, sync } = await trial(t);
    feeds.feed(PATH, calendar([TEA, COFFEE]));
    await sync();
    feeds.feed(PATH, calendar([event('1', 'green tea'), event('3', 'cake')]));
    await sync();
    assert.deepEqual(await files(), {
      '1.ics': calendar([event('1', 'green tea')]),
      '3.ics': calendar([event('3', 'cake')]),
    });
  });

  it('neither deletes nor creates anything when every download has new UIDs', async (t) => {
    const { feeds, folder, files, sync } = await trial(t);
    let downloads = 0;
    feeds.show(PATH, () => {
      downloads += 1;
      return { body: calendar([event(`${downloads}-1`, 'tea'), event(undefined, 'cake')]) };
    });
    await sync();
    const filled = await files();
    assert.equal(Object.keys(filled).length, 2);
    const before = await stat(folder);
    for (let time = 0; time < 2; time += 1) assert.match(await sync(), /nothing/i);
    assert.deepEqual(await files(), filled);
    assert.equal((await stat(folder)).mtimeMs, before.mtimeMs);
  });

  const failures: [what: string, page: Parameters<FeedServer['show']>[1]][] = [
    ['is gone', { status: 404 }],
    ['is empty', { body: '' }],
    ['is a page for people', { headers: { 'content-type': 'text/html' }, body: '<html>log in</html>' }],
    ['is cut short', { body: calendar([TEA, COFFEE]).slice(0, -17) }],
  ];
  for (const [what, page] of failures) {
    it(`costs nothing but an error when it ${what}, and goes on afterwards`, async (t) => {
      const { feeds, files, sync, syncFails } = await trial(t);
      feeds.feed(PATH, calendar([TEA, COFFEE]));
      await sync();
      const filled = await files();
      feeds.show(PATH, page);
      const { stderr } = await syncFails();
      assert.match(stderr, /holidays\.ics/);
      assert.deepEqual(await files(), filled);
      feeds.feed(PATH, calendar([TEA]));
      await sync();
      assert.deepEqual(await files(), { '1.ics': calendar([TEA]) });
    });
  }

  it('does not empty it when nothing is left in the feed, until told so', async (t) => {
    const { feeds, files, place, sync, syncFails } = await trial(t);
    feeds.feed(PATH, calendar([TEA, COFFEE]));
    await sync();
    feeds.feed(PATH, calendar([]));
    await syncFails();
    assert.equal(Object.keys(await files()).length, 2);
    assert.equal((await place.pimsync(['sync', '--allow-empty'])).status, 0);
    assert.deepEqual(await files(), {});
  });

  it('gets nothing of what is written in the folder, and says so', async (t) => {
    const { feeds, folder, files, sync, syncFails } = await trial(t);
    feeds.feed(PATH, calendar([TEA]));
    await sync();
    await writeFile(join(folder, 'mine.ics'), calendar([event('mine', 'mine')]));
    const { stderr } = await syncFails();
    assert.match(stderr, /read-only/);
    assert.deepEqual(Object.keys(await files()), ['1.ics', 'mine.ics']);
  });
});

describe('a feed on the command line', () => {
  it('is shown by discover with its name and the number of its items', async (t) => {
    const { feeds, place } = await trial(t);
    feeds.feed(PATH, calendar([TEA, COFFEE], NAMED));
    const { status, stdout, stderr } = await place.pimsync(['discover', 'feed', '--json']);
    assert.deepEqual([status, stderr], [0, '']);
    const [storage] = JSON.parse(stdout) as { collections: Record<string, unknown>[] }[];
    assert.deepEqual(storage?.collections, [
      {
        id: 'holidays',
        href: 'holidays',
        displayname: 'Holidays',
        kind: 'calendar',
        writable: false,
        items: 2,
      },
    ]);
    assert.equal(feeds.asked.length, 1);
  });

  it('is found well by check, or with what is wrong', async (t) => {
    const { feeds, place } = await trial(t);
    await place.configure({ storages: [feedTable(asWebcal(feeds.url(PATH)))], mounted: [] });
    const missing = await place.pimsync(['check']);
    assert.equal(missing.status, 1);
    assert.match(missing.stdout + missing.stderr, /404/);
    feeds.feed(PATH, calendar([TEA]));
    const { status, stdout } = await place.pimsync(['check']);
    assert.equal(status, 0);
    assert.match(stdout, /collection holidays, read-only/);
  });
});
