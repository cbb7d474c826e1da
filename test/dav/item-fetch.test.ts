import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { href } from '../../src/core/storage.ts';
import { fetchAll, itemsIn, openMock, WORK } from '../support/dav-collection.ts';
import { MemoryMemo } from '../support/dav-options.ts';
import {
  type Behaviour,
  FakeTiming,
  found,
  getetag,
  MockDav,
  multistatus,
  silent,
  status,
  syncToken,
  withData,
} from '../support/mock-dav.ts';
import { textOf, pathOf, paths, numberIn, askedIn, multiget, isQuery } from '../support/multigets.ts';

describe('fetching', () => {
  it('yields each item once, with text, etag and href', async () => {
    const mock = new MockDav().on(`REPORT ${WORK}`, multiget());
    const fetched = await fetchAll(openMock(mock), [...paths(3), pathOf(1)]);
    assert.deepEqual(
      fetched.map((one) => [one.href, one.type === 'item' && one.etag, one.type === 'item' && one.item.text]),
      [0, 1, 2].map((number) => [pathOf(number), `"${number}"`, textOf(number)]),
    );
    assert.equal(mock.seen.length, 1);
  });

  it('asks with paths alone, in batches that grow', async () => {
    const mock = new MockDav().on(`REPORT ${WORK}`, multiget());
    assert.equal(itemsIn(await fetchAll(openMock(mock), paths(3000))).size, 3000);
    const sizes = mock.seen.map((seen) => askedIn(seen).length);
    assert.deepEqual(sizes.slice(0, 2), [10, 50]);
    assert.equal(Math.max(...sizes), 500);
    assert.ok(mock.seen.flatMap(askedIn).every((path) => path.startsWith('/')));
  });

  it('has at most four batches in memory when nobody takes them', async () => {
    const mock = new MockDav().on(`REPORT ${WORK}`, multiget());
    const iterator = openMock(mock).fetch(paths(5000).map(href))[Symbol.asyncIterator]();
    for (let taken = 0; taken < 11; taken += 1) await iterator.next();
    for (let turn = 0; turn < 200; turn += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    assert.ok(mock.seen.length <= 6, `${mock.seen.length} requests`);
    await iterator.return?.();
  });

  it('calls off what is under way when the reader leaves', async () => {
    const signals: AbortSignal[] = [];
    const mock = new MockDav().on(`REPORT ${WORK}`, multiget(), (request) => {
      signals.push(request.signal);
      return silent(request);
    });
    for await (const fetched of openMock(mock).fetch(paths(100).map(href)))
      if (numberIn(fetched.href) === 9) break;
    assert.ok(signals.every(({ aborted }) => aborted));
  });

  it('ends with the reason it was called off for', async () => {
    const controller = new AbortController();
    const reason = new Error('called off');
    const mock = new MockDav().on(`REPORT ${WORK}`, (request) => {
      controller.abort(reason);
      return silent(request);
    });
    const reading = async (): Promise<void> => {
      for await (const one of openMock(mock).fetch(paths(1).map(href), controller.signal))
        assert.fail(one.href);
    };
    await assert.rejects(reading(), (error) => error === reason);
  });

  it('asks for nothing when nothing is wanted, or only what is not in the collection', async () => {
    const mock = new MockDav();
    const hostile = [
      WORK,
      '/alice/',
      '/alice/other/1.ics',
      `${WORK}../x.ics`,
      `${WORK}sub/1.ics`,
      '../x',
      '',
      'https://evil.test/alice/work/1.ics',
    ];
    assert.deepEqual(await fetchAll(openMock(mock), []), []);
    assert.deepEqual(await fetchAll(openMock(mock), hostile), []);
    assert.equal(mock.seen.length, 0);
  });

  it('finds its answers by path, however the server spells them', async () => {
    const spelling = 'HTTPS://dav.test/alice/work/%c3%a4@b.ics';
    const mock = new MockDav().on(`REPORT ${WORK}`, multistatus(withData(spelling, '"1"', textOf(1))));
    const fetched = await fetchAll(openMock(mock), [`${WORK}%C3%A4%40b.ics`]);
    assert.deepEqual(
      fetched.map((one) => one.href),
      [`${WORK}%C3%A4%40b.ics`],
    );
  });

  it('passes over what was not asked for and what is said twice', async () => {
    const mock = new MockDav().on(
      `REPORT ${WORK}`,
      multistatus(
        withData(pathOf(9), '"9"', textOf(9)),
        withData(pathOf(1), '"1"', textOf(1)),
        withData(pathOf(1), '"2"', textOf(2)),
      ),
    );
    const fetched = await fetchAll(openMock(mock), [pathOf(1)]);
    assert.deepEqual(
      fetched.map((one) => one.type === 'item' && one.etag),
      ['"1"'],
    );
  });

  it('brings text through exactly, as CDATA too', async () => {
    const text = ' BEGIN:VCALENDAR\r\nX:1 ]]> &amp; <\r\nEND:VCALENDAR\r\n\r\n';
    const cdata = `<c:calendar-data><![CDATA[${text.replace(']]>', ']]]]><![CDATA[>')}]]></c:calendar-data>`;
    const mock = new MockDav().on(`REPORT ${WORK}`, multistatus(found(pathOf(1), getetag('"1"') + cdata)));
    assert.equal(itemsIn(await fetchAll(openMock(mock), [pathOf(1)])).get(pathOf(1))?.text, text);
  });
});

describe('a server that is slow at multiget', () => {
  /** Takes `msPerItem` for each href; a query takes a second. */
  function slowServer(timing: FakeTiming, msPerItem: number, query: Behaviour): MockDav {
    return new MockDav().on(`REPORT ${WORK}`, (request) => {
      if (isQuery(request)) {
        timing.nowAtMs += 1000;
        return query(request);
      }
      if (request.body?.includes('sync-collection'))
        return multistatus(
          ...paths(400).map((path) => found(path, getetag(`"${numberIn(path)}"`))),
          syncToken('1'),
        )(request);
      timing.nowAtMs += askedIn(request).length * msPerItem;
      return multiget()(request);
    });
  }
  const all = multistatus(
    ...paths(400).map((path) => withData(path, `"${numberIn(path)}"`, textOf(numberIn(path)))),
  );

  it('is asked for everything at once when most is wanted, and remembered', async () => {
    const timing = new FakeTiming();
    const memo = new MemoryMemo();
    const mock = slowServer(timing, 100, all);
    const collection = openMock(mock, { timing, memo });
    await collection.changes(undefined);
    assert.equal(itemsIn(await fetchAll(collection, paths(400))).size, 400);
    assert.equal(mock.seen.filter(isQuery).length, 1);
    assert.equal(mock.seen.length, 3, 'list, probe, query');
    mock.seen.length = 0;
    const later = openMock(mock, { timing, memo });
    assert.equal(itemsIn(await fetchAll(later, paths(300))).size, 300);
    assert.deepEqual(mock.seen.map(isQuery), [true]);
  });

  it('is asked for batches when little is wanted', async () => {
    const timing = new FakeTiming();
    const mock = slowServer(timing, 100, all);
    const collection = openMock(mock, { timing });
    await collection.changes(undefined);
    assert.equal(itemsIn(await fetchAll(collection, paths(150))).size, 150);
    assert.equal(mock.seen.some(isQuery), false);
  });

  it('is asked again for what the answer lacks', async () => {
    const timing = new FakeTiming();
    const some = multistatus(...paths(395).map((path) => withData(path, '"1"', textOf(numberIn(path)))));
    assert.equal(
      itemsIn(await fetchAll(openMock(slowServer(timing, 100, some), { timing }), paths(400))).size,
      400,
    );
  });

  it('is asked for batches after all when it refuses the query', async () => {
    for (const refusal of [status(403), status(500), status(507)]) {
      const timing = new FakeTiming();
      const mock = slowServer(timing, 100, refusal);
      assert.equal(itemsIn(await fetchAll(openMock(mock, { timing }), paths(400))).size, 400);
      assert.equal(mock.seen.filter(isQuery).length, 1);
    }
  });

  it('is not what a server with a long way to it is', async () => {
    const timing = new FakeTiming();
    const mock = slowServer(timing, 1, () => assert.fail('queried'));
    assert.equal(itemsIn(await fetchAll(openMock(mock, { timing }), paths(400))).size, 400);
  });
});
