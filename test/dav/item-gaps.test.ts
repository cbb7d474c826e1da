import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  InvalidItemError,
  type PimsyncError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import { fetchAll, itemsIn, openMock, WORK } from '../support/dav-collection.ts';
import {
  type Behaviour,
  broken,
  found,
  getetag,
  MockDav,
  multistatus,
  multistatusText,
  refused,
  silent,
  status,
  withData,
} from '../support/mock-dav.ts';
import { textOf, pathOf, paths, numberIn, askedIn, multiget } from '../support/multigets.ts';

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

  for (const [how, etagOf] of [
    ['a batch', '"1"'],
    ['an answer of its own', undefined],
  ] as const) {
    it(`is unreadable when ${how} shows that it is too large`, async () => {
      const maxItemBytes = Buffer.byteLength(textOf(2));
      const large = `${textOf(1)}${'ä'.repeat(maxItemBytes)}`;
      const entry = found(pathOf(1), `${getetag('"1"')}<c:calendar-data>${large}</c:calendar-data>`);
      const mock = new MockDav()
        .on(
          `REPORT ${WORK}`,
          multiget((path) => (path === pathOf(1) ? (etagOf === undefined ? '' : entry) : undefined)),
        )
        .on(`GET ${pathOf(1)}`, () => new Response(large, { status: 200, headers: { etag: '"1"' } }));
      const fetched = await fetchAll(openMock(mock, { maxItemBytes }), paths(3));
      const bad = fetched.flatMap((one) => (one.type === 'unreadable' ? [one] : []));
      assert.deepEqual(
        bad.map(({ href }) => href),
        [pathOf(1)],
      );
      assert.match(bad[0]?.error.message ?? '', /has \d+ bytes, and items of more than \d+ are not carried/);
      assert.equal(itemsIn(fetched).size, 2);
      assert.equal(
        mock.seen.some(({ method }) => method === 'GET'),
        etagOf === undefined,
      );
    });
  }

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
