import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PreconditionFailedError } from '../../src/core/errors.ts';
import { fetchAll, itemsIn, openMock, refOf, WORK } from '../support/dav-collection.ts';
import { eventText, itemOf } from '../support/items.ts';
import {
  type Behaviour,
  found,
  getetag,
  MockDav,
  multistatus,
  multistatusText,
  status,
  syncToken,
  withData,
} from '../support/mock-dav.ts';
import { SYNC_7 } from '../support/sync-reports.ts';

const ONE = `${WORK}1.ics`;
const text = (summary: string): string => eventText({ uid: '1', summary });
/** Sends the data with the list of changes, another text when it is asked for the item. */
const generous = (): MockDav =>
  new MockDav().on(`REPORT ${WORK}`, (request) =>
    request.body?.includes('sync-collection')
      ? multistatus(withData(ONE, '"1"', text('listed')), syncToken('8'))(request)
      : multistatus(withData(ONE, '"2"', text('fetched')))(request),
  );

describe('an item that came with the list of changes', () => {
  it('is fetched without a further request', async () => {
    const mock = generous();
    const collection = openMock(mock);
    assert.deepEqual((await collection.changes(SYNC_7)).changed, [refOf(ONE, '"1"')]);
    const fetched = await fetchAll(collection, [ONE, ONE]);
    assert.equal(fetched.length, 1);
    assert.equal(fetched[0]?.type === 'item' && fetched[0].etag, '"1"');
    assert.equal(itemsIn(fetched).get(ONE)?.text, text('listed'));
    assert.equal(mock.seen.length, 1);
  });

  it('is asked for when it is fetched again', async () => {
    const collection = openMock(generous());
    await collection.changes(SYNC_7);
    await fetchAll(collection, [ONE]);
    assert.equal(itemsIn(await fetchAll(collection, [ONE])).get(ONE)?.text, text('fetched'));
  });

  it('is asked for after it was written to, even in vain', async () => {
    for (const answer of [status(204), status(412)]) {
      const mock = generous()
        .on(`PUT ${ONE}`, answer)
        .on(`DELETE ${ONE}`, answer)
        .on(`GET ${ONE}`, () => new Response(text('theirs'), { headers: { etag: '"9"' } }));
      const collection = openMock(mock);
      await collection.changes(SYNC_7);
      await collection.update(refOf(ONE), itemOf('calendar', '1', 'mine')).catch((error: unknown) => {
        assert.ok(error instanceof PreconditionFailedError);
      });
      assert.equal(itemsIn(await fetchAll(collection, [ONE])).get(ONE)?.text, text('fetched'));
    }
  });

  it('is asked for after the next list', async () => {
    const mock = generous();
    const collection = openMock(mock);
    await collection.changes(SYNC_7);
    mock.on(
      `REPORT ${WORK}`,
      multistatus(syncToken('9')),
      multistatus(withData(ONE, '"2"', text('fetched'))),
    );
    await collection.changes(SYNC_7);
    assert.equal(itemsIn(await fetchAll(collection, [ONE])).get(ONE)?.text, text('fetched'));
  });

  const useless: readonly (readonly [title: string, behaviour: Behaviour])[] = [
    ['has no data in it', multistatus(found(ONE, getetag('"1"')), syncToken('8'))],
    ['has no etag in it', multistatus(found(ONE, '<c:calendar-data>x</c:calendar-data>'), syncToken('8'))],
    [
      'is not UTF-8',
      () => {
        const xml = multistatusText(withData(ONE, '"1"', 'M\u00FCll'), syncToken('8'));
        return new Response(Buffer.from(xml, 'latin1'), { status: 207 });
      },
    ],
  ];
  for (const [title, behaviour] of useless) {
    it(`is asked for when what came ${title}`, async () => {
      const mock = new MockDav().on(
        `REPORT ${WORK}`,
        behaviour,
        multistatus(withData(ONE, '"2"', text('fetched'))),
      );
      const collection = openMock(mock);
      await collection.changes(SYNC_7);
      assert.equal(itemsIn(await fetchAll(collection, [ONE])).get(ONE)?.text, text('fetched'));
    });
  }

  it('is asked for when there was more than is worth keeping', async () => {
    const big = `${text('big')}${'x'.repeat(5 * 1024 * 1024)}`;
    const paths = [1, 2].map((number) => `${WORK}${number}.ics`);
    const mock = new MockDav().on(
      `REPORT ${WORK}`,
      multistatus(...paths.map((path) => withData(path, '"1"', big)), syncToken('8')),
      multistatus(withData(paths[1] ?? '', '"1"', big)),
    );
    const collection = openMock(mock);
    await collection.changes(SYNC_7);
    assert.equal(itemsIn(await fetchAll(collection, paths)).size, 2);
    assert.equal(mock.seen.length, 2);
  });

  it('is not asked for with a list from the start, which may be long', async () => {
    const mock = generous();
    await openMock(mock).changes(undefined);
    assert.doesNotMatch(mock.seen[0]?.body ?? '', /calendar-data/);
  });
});
