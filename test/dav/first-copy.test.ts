import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthError } from '../../src/core/errors.ts';
import type { Collection } from '../../src/core/storage.ts';
import { fetchAll, itemsIn, openMock, WORK } from '../support/dav-collection.ts';
import {
  type Behaviour,
  broken,
  found,
  getetag,
  MockDav,
  multistatus,
  multistatusText,
  silent,
  status,
  syncToken,
  withData,
} from '../support/mock-dav.ts';
import { isQuery, multiget, numberIn, pathOf, paths, textOf } from '../support/multigets.ts';

const COUNT = 60;
const listed = (path: string): string => found(path, getetag(`"${numberIn(path)}"`));
const complete = (path: string): string => withData(path, `"${numberIn(path)}"`, textOf(numberIn(path)));
const list = (entry: (path: string) => string): Behaviour =>
  multistatus(...paths(COUNT).map(entry), syncToken('1'));

/** Answers a list that is asked for with the texts by `generous`, one without them as every server does. */
function server(generous: Behaviour): MockDav {
  return new MockDav().on(`REPORT ${WORK}`, (request) => {
    const { body = '' } = request;
    assert.ok(!isQuery(request));
    if (!body.includes('sync-collection')) return multiget()(request);
    return body.includes('calendar-data') ? generous(request) : list(listed)(request);
  });
}

async function copy(collection: Collection): Promise<void> {
  const { changed, token } = await collection.changes(undefined, undefined, 'first copy');
  assert.equal(changed.length, COUNT);
  assert.ok(token);
  const items = itemsIn(
    await fetchAll(
      collection,
      changed.map(({ href }) => href),
    ),
  );
  assert.deepEqual(
    paths(COUNT).map((path) => items.get(path)?.text),
    paths(COUNT).map((path) => textOf(numberIn(path))),
  );
}

describe('a first copy of a calendar', () => {
  it('is one request where the list brings the texts along (Radicale)', async () => {
    const mock = server(list(complete));
    await copy(openMock(mock));
    assert.equal(mock.seen.length, 1);
  });

  it('asks for those texts that the list lacks', async () => {
    const mock = server(list((path) => (path === pathOf(7) ? listed(path) : complete(path))));
    await copy(openMock(mock));
    assert.equal(mock.seen.length, 2);
    assert.deepEqual(mock.seen[1]?.body?.match(/\d+\.ics/g), ['7.ics']);
  });

  it('asks for all of them in batches where the list has none (Xandikos, sabre)', async () => {
    const mock = server(list(listed));
    await copy(openMock(mock));
    assert.ok(mock.seen.length > 2);
  });

  const xml = multistatusText(...paths(COUNT).map(complete), syncToken('1'));
  const failures: readonly (readonly [title: string, generous: Behaviour])[] = [
    ['is refused', status(403)],
    ['is too large', status(507)],
    ['makes the server fail', status(500)],
    ['takes too long', silent],
    ['breaks the connection', broken()],
    ['is cut short', () => new Response(xml.slice(0, xml.length / 2), { status: 207 })],
  ];
  for (const [title, generous] of failures) {
    it(`does without the texts where a list with them ${title}`, async () => {
      const mock = server(generous);
      await copy(openMock(mock, { timeoutMs: 200 }));
      assert.doesNotMatch(mock.seen.at(-1)?.body ?? '', /sync-collection/);
    });
  }

  it('ends with a wrong password', async () => {
    const mock = server(status(401));
    await assert.rejects(copy(openMock(mock)), AuthError);
    assert.equal(mock.seen.length, 1);
  });

  it('asks for no texts where a window leaves items out', async () => {
    const mock = new MockDav().on(`REPORT ${WORK}`, (request) =>
      isQuery(request) ? multistatus(listed(pathOf(1)))(request) : list(listed)(request),
    );
    const window = { components: ['VEVENT'], since: undefined, until: undefined };
    const collection = openMock(mock, { window });
    const { changed } = await collection.changes(undefined, undefined, 'first copy');
    assert.equal(changed.length, 1);
    assert.ok(mock.seen.every(({ body }) => !body?.includes('calendar-data')));
  });
});
