import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  InvalidItemError,
  PimsyncError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import { href } from '../../src/core/storage.ts';
import type { TransportRequest } from '../../src/dav/transport.ts';
import { fetchAll, itemsIn, openMock, WORK } from '../support/dav-collection.ts';
import { MemoryMemo } from '../support/dav-options.ts';
import { eventText } from '../support/items.ts';
import {
  type Behaviour,
  broken,
  FakeTiming,
  found,
  getetag,
  MockDav,
  multistatus,
  multistatusText,
  refused,
  silent,
  status,
  syncToken,
  withData,
} from '../support/mock-dav.ts';

const textOf = (number: number): string => eventText({ uid: `uid-${number}` });
const pathOf = (number: number): string => `${WORK}${number}.ics`;
const paths = (count: number): string[] => Array.from({ length: count }, (_, number) => pathOf(number));
const numberIn = (path: string): number => Number(/(\d+)\.ics$/.exec(path)?.[1]);
const askedIn = ({ body = '' }: Pick<TransportRequest, 'body'>): string[] =>
  Array.from(body.matchAll(/<d:href>([^<]*)</g), ([, path = '']) => path);

/** Answers each multiget in full, except for what `odd` says. */
const multiget =
  (odd: (path: string) => string | undefined = () => undefined): Behaviour =>
  (request) =>
    multistatus(
      ...askedIn(request).map(
        (path) => odd(path) ?? withData(path, `"${numberIn(path)}"`, textOf(numberIn(path))),
      ),
    )(request);

const isQuery = ({ body = '' }: Pick<TransportRequest, 'body'>): boolean => body.includes('calendar-query');

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
    assert.equal(itemsIn(await fetchAll(openMock(mock), paths(2000))).size, 2000);
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

describe('what a batch does not answer', () => {
  const single =
    (number: number, headers: Record<string, string> = { etag: `"${number}"` }): Behaviour =>
    () =>
      new Response(textOf(number), { status: 200, headers });

  const gaps: readonly (readonly [title: string, entry: string])[] = [
    ['is left out (DAViCal, Zoho)', ''],
    ['has no data', found(pathOf(1), getetag('"1"'))],
    ['has no etag', found(pathOf(1), '<c:calendar-data>x</c:calendar-data>')],
    ['has an empty etag', found(pathOf(1), '<d:getetag/><c:calendar-data>x</c:calendar-data>')],
    ['has data with a status', found(pathOf(1), `${getetag('"1"')}<c:calendar-data/>`, 404)],
  ];
  for (const [title, entry] of gaps) {
    it(`is asked for by itself when it ${title}`, async () => {
      const mock = new MockDav()
        .on(
          `REPORT ${WORK}`,
          multiget((path) => (path === pathOf(1) ? entry : undefined)),
        )
        .on(`GET ${pathOf(1)}`, single(1));
      const items = itemsIn(await fetchAll(openMock(mock), paths(3)));
      assert.equal(items.size, 3);
      assert.equal(items.get(pathOf(1))?.text, textOf(1));
      assert.equal(mock.seen.at(-1)?.headers['accept-encoding'], 'identity');
    });
  }

  for (const code of [404, 410]) {
    it(`is gone when the entry or the item itself says ${code}`, async () => {
      const inEntry = new MockDav().on(
        `REPORT ${WORK}`,
        multiget((path) => (path === pathOf(1) ? refused(path, code) : undefined)),
      );
      assert.deepEqual(
        [...itemsIn(await fetchAll(openMock(inEntry), paths(3))).keys()],
        [pathOf(0), pathOf(2)],
      );
      assert.equal(inEntry.seen.length, 1);
      const byItself = new MockDav()
        .on(
          `REPORT ${WORK}`,
          multiget((path) => (path === pathOf(1) ? '' : undefined)),
        )
        .on(`GET ${pathOf(1)}`, status(code));
      assert.equal((await fetchAll(openMock(byItself), paths(3))).length, 2);
    });
  }

  it('is unreadable when the server will not give it, and holds up nothing else', async () => {
    const mock = new MockDav()
      .on(
        `REPORT ${WORK}`,
        multiget((path) => ({ [pathOf(1)]: refused(path, 403), [pathOf(2)]: '' })[path]),
      )
      .on(`GET ${pathOf(2)}`, status(500, {}, 'broken item'));
    const fetched = await fetchAll(openMock(mock), paths(4));
    const unreadable = fetched.filter((one) => one.type === 'unreadable');
    assert.deepEqual(
      unreadable.map((one) => one.href),
      [pathOf(1), pathOf(2)],
    );
    assert.match(
      unreadable[1]?.error.message ?? '',
      /GET \/alice\/work\/2\.ics: the server answered 500 \(broken item\)/,
    );
    assert.equal(fetched.length, 4);
  });

  it('is unreadable when it is not UTF-8, though the batch looked well', async () => {
    const latin1 = Buffer.from(textOf(1).replace('standup', 'Büro'), 'latin1');
    const mock = new MockDav()
      .on(`REPORT ${WORK}`, () => {
        const [before = '', after = ''] = multistatusText(withData(pathOf(1), '"1"', 'HERE')).split('HERE');
        return new Response(Buffer.concat([Buffer.from(before), latin1, Buffer.from(after)]), {
          status: 207,
        });
      })
      .on(`GET ${pathOf(1)}`, () => new Response(latin1, { headers: { etag: '"1"' } }));
    const [one] = await fetchAll(openMock(mock), [pathOf(1)]);
    assert.ok(one?.type === 'unreadable' && one.error instanceof InvalidItemError);
  });

  it('keeps U+FFFD where it was meant', async () => {
    const mock = new MockDav().on(`REPORT ${WORK}`, multistatus(withData(pathOf(1), '"1"', 'X:\uFFFD')));
    assert.equal(itemsIn(await fetchAll(openMock(mock), [pathOf(1)])).get(pathOf(1))?.text, 'X:\uFFFD');
    assert.equal(mock.seen.length, 1);
  });

  const tags: readonly (readonly [header: string, want: string])[] = [
    ['"a"', '"a"'],
    ['W/"a"', '"a"'],
    ['"a-gzip"', '"a"'],
    ['"a;gzip"', '"a"'],
    ['a', 'a'],
  ];
  for (const [header, want] of tags) {
    it(`has the etag ${want} when the header says ${header}`, async () => {
      const mock = new MockDav()
        .on(`REPORT ${WORK}`, multistatus())
        .on(`GET ${pathOf(1)}`, single(1, { etag: header }));
      const [one] = await fetchAll(openMock(mock), [pathOf(1)]);
      assert.equal(one?.type === 'item' && one.etag, want);
    });
  }

  it('has the etag of a PROPFIND when there is no header, read before the text', async () => {
    const mock = new MockDav()
      .on(`REPORT ${WORK}`, multistatus())
      .on(`GET ${pathOf(1)}`, single(1, {}))
      .on(`PROPFIND ${pathOf(1)}`, multistatus(found(pathOf(1), getetag('"p"'))));
    const [one] = await fetchAll(openMock(mock), [pathOf(1)]);
    assert.equal(one?.type === 'item' && one.etag, '"p"');
    assert.deepEqual(mock.asked().slice(-2), [`PROPFIND ${pathOf(1)}`, `GET ${pathOf(1)}`]);
  });

  it('is unreadable when no etag can be had', async () => {
    const mock = new MockDav()
      .on(`REPORT ${WORK}`, multistatus())
      .on(`GET ${pathOf(1)}`, single(1, {}))
      .on(`PROPFIND ${pathOf(1)}`, multistatus(found(pathOf(1), '')));
    const [one] = await fetchAll(openMock(mock), [pathOf(1)]);
    assert.ok(one?.type === 'unreadable' && /no etag/.test(one.error.message));
  });
});

describe('a batch that fails', () => {
  for (const code of [400, 403, 404, 500, 501]) {
    it(`with ${code} is read one by one (sabre 1.8: 404 for all when one is gone)`, async () => {
      const mock = new MockDav().on(`REPORT ${WORK}`, status(code));
      for (const path of paths(5))
        mock.on(`GET ${path}`, () => new Response(textOf(numberIn(path)), { headers: { etag: '"1"' } }));
      mock.on(`GET ${pathOf(3)}`, status(404));
      const fetched = await fetchAll(openMock(mock), paths(5));
      assert.deepEqual(fetched.map((one) => one.href).toSorted(), [0, 1, 2, 4].map(pathOf));
    });
  }

  for (const code of [413, 507]) {
    it(`with ${code} is asked for in smaller ones`, async () => {
      const mock = new MockDav().on(`REPORT ${WORK}`, (request) =>
        askedIn(request).length > 30 ? new Response('', { status: code }) : multiget()(request),
      );
      assert.equal(itemsIn(await fetchAll(openMock(mock), paths(300))).size, 300);
      assert.ok(mock.seen.every(({ method }) => method === 'REPORT'));
    });
  }

  it('for lack of time is asked for in smaller ones', async () => {
    const mock = new MockDav().on(`REPORT ${WORK}`, (request) =>
      askedIn(request).length > 30 ? silent(request) : multiget()(request),
    );
    assert.equal(itemsIn(await fetchAll(openMock(mock, { timeoutMs: 20 }), paths(120))).size, 120);
  });

  it('however small it is, is read one by one in the end', async () => {
    const mock = new MockDav().on(`REPORT ${WORK}`, status(413));
    for (const path of paths(25))
      mock.on(`GET ${path}`, () => new Response(textOf(numberIn(path)), { headers: { etag: '"1"' } }));
    assert.equal(itemsIn(await fetchAll(openMock(mock), paths(25))).size, 25);
  });

  const fatal: readonly (readonly [
    title: string,
    behaviour: Behaviour,
    Class: abstract new (...args: never[]) => PimsyncError,
  ])[] = [
    ['a wrong password', status(401), AuthError],
    ['a busy server', status(429, { 'retry-after': '600' }), ServerError],
    ['a server that is down', status(503), ServerError],
    ['a dead network', broken('ECONNREFUSED'), UnreachableError],
    [
      'an answer that was cut short',
      () =>
        new Response(multistatusText(withData(pathOf(0), '"0"', textOf(0))).slice(0, -9), { status: 207 }),
      ServerError,
    ],
  ];
  for (const [title, behaviour, Class] of fatal) {
    it(`for ${title} ends the reading`, async () => {
      const mock = new MockDav().on(`REPORT ${WORK}`, multiget(), behaviour);
      await assert.rejects(fetchAll(openMock(mock), paths(40)), Class);
      const alone = new MockDav().on(`REPORT ${WORK}`, multistatus()).on(`GET ${pathOf(0)}`, behaviour);
      if (Class !== ServerError || title.includes('server'))
        await assert.rejects(fetchAll(openMock(alone), paths(1)), Class);
    });
  }
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
    assert.equal(mock.seen.length, 3);
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
