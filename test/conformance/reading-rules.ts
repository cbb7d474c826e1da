import assert from 'node:assert/strict';
import { PimsyncError } from '../../src/core/errors.ts';
import { type Fetched, href } from '../../src/core/storage.ts';
import { contents, contentsOf, fetchAll, listing, put, read, type Rule } from './trial.ts';

const HOSTILE_HREFS = ['../x', '../../etc/passwd', '/etc/passwd', '..', '.', '', 'a/../../b', 'x\u0000y'];

/** What looking at a collection must do. */
export const readingRules: readonly Rule[] = [
  {
    title: 'tells its kind and that it takes writes',
    async run({ collection, kind }) {
      assert.equal(collection.info.kind, kind);
      assert.equal(collection.info.readOnly, false);
      assert.ok(collection.parallelWrites >= 1);
    },
  },
  {
    title: 'lists nothing when nothing is there',
    async run({ collection }) {
      assert.equal((await listing(collection)).size, 0);
    },
  },
  {
    title: 'lists what was created under the href and etag that create answered',
    async run({ collection, item }) {
      const refs = [];
      for (let number = 1; number <= 9; number += 1) refs.push(await put(collection, item(`uid-${number}`)));
      assert.deepEqual(await listing(collection), new Map(refs.map((ref) => [ref.href, ref.etag])));
    },
  },
  {
    title: 'lists the same etags again when nothing changed',
    async run({ collection, item }) {
      await put(collection, item('1'));
      await put(collection, item('2'));
      assert.deepEqual(await listing(collection), await listing(collection));
    },
  },
  {
    title: 'serves an item with the etag it is listed with',
    async run({ collection, item }) {
      const { href } = await put(collection, item('1'));
      assert.equal((await read(collection, href)).etag, (await listing(collection)).get(href));
    },
  },
  {
    title: 'serves an item that means what was sent',
    async run({ collection, item }) {
      const sent = item('1', 'tea');
      const { item: got } = await read(collection, (await put(collection, sent)).href);
      assert.equal(got.kind, sent.kind);
      assert.equal(got.uid, sent.uid);
      assert.equal(got.hash, sent.hash);
    },
  },
  {
    title: 'serves nothing when asked for nothing',
    async run({ collection, item }) {
      await put(collection, item('1'));
      assert.deepEqual(await fetchAll(collection, []), []);
    },
  },
  {
    title: 'serves an href that is asked for twice once',
    async run({ collection, item }) {
      const { href } = await put(collection, item('1'));
      assert.equal((await fetchAll(collection, [href, href])).length, 1);
    },
  },
  {
    title: 'leaves out an href that is gone and serves the others',
    async run({ collection, item }) {
      const gone = await put(collection, item('1'));
      const kept = await put(collection, item('2'));
      await collection.remove(gone);
      const served = await fetchAll(collection, [gone.href, kept.href]);
      assert.deepEqual(
        served.map((fetched) => fetched.href),
        [kept.href],
      );
    },
  },
  {
    title: 'serves 250 items in one go',
    async run({ collection, item }) {
      const sent = Array.from({ length: 250 }, (_, number) => item(`uid-${number}`));
      for (const one of sent) await collection.create(one);
      assert.deepEqual(await contents(collection), contentsOf(...sent));
    },
  },
  {
    title: 'stands a reader that stops half way',
    async run({ collection, item }) {
      const refs = [await put(collection, item('1')), await put(collection, item('2'))];
      let seen = 0;
      for await (const _ of collection.fetch(refs.map((ref) => ref.href))) {
        seen += 1;
        break;
      }
      assert.equal(seen, 1);
      assert.equal((await listing(collection)).size, 2);
    },
  },
  {
    title: 'serves nothing for hrefs that lead elsewhere, and the good one beside them',
    async run({ collection, item }) {
      const good = await put(collection, item('1'));
      for (const hostile of HOSTILE_HREFS) {
        const served = await servedOrRefused(fetchAll(collection, [href(hostile), good.href]));
        assert.deepEqual(
          served.filter(({ type }) => type === 'item').map((fetched) => fetched.href),
          served.length === 0 ? [] : [good.href],
          `asked for ${JSON.stringify(hostile)}`,
        );
      }
    },
  },
];

/** A storage may refuse a senseless href outright, as long as the refusal is one of ours. */
async function servedOrRefused(attempt: Promise<Fetched[]>): Promise<Fetched[]> {
  try {
    return await attempt;
  } catch (error) {
    assert.ok(error instanceof PimsyncError, String(error));
    return [];
  }
}
