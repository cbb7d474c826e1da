import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AlreadyExistsError,
  AuthError,
  NotFoundError,
  PreconditionFailedError,
  ReadOnlyError,
  RefusedError,
  ServerError,
} from '../../src/core/errors.ts';
import { collectionId, type CollectionInfo, href } from '../../src/core/storage.ts';
import type { DavStorageOptions } from '../../src/dav/storage.ts';
import { infoOf, openMock, refOf, WORK } from '../support/dav-collection.ts';
import { MemoryMemo } from '../support/dav-options.ts';
import {
  type Behaviour,
  broken,
  FakeTiming,
  found,
  getetag,
  MockDav,
  multistatus,
  refused,
  status,
} from '../support/mock-dav.ts';
import { type Class, condition, ONE, there } from '../support/writes.ts';

const HOME = '/alice/home/';
const TARGET = `${HOME}one.ics`;
const to = (fields: Partial<CollectionInfo> = {}): CollectionInfo =>
  infoOf('calendar', { id: collectionId('home'), href: href(HOME), ...fields });
const at = (path: string, tag = '"1"'): Behaviour => multistatus(found(path, getetag(tag)));
const gone: Behaviour = status(404);

/** The source is there under `"1"`, the target is not, both as long as these say so. */
const server = (
  answer: Behaviour,
  source: readonly Behaviour[] = [],
  target: readonly Behaviour[] = [],
): MockDav =>
  new MockDav()
    .on(`PROPFIND ${ONE}`, at(ONE), ...source)
    .on(`PROPFIND ${TARGET}`, gone, ...target)
    .on(`PROPFIND ${WORK}`, there)
    .on(`MOVE ${ONE}`, answer);

const move = (
  mock: MockDav,
  tag = '"1"',
  fields: Partial<DavStorageOptions> = {},
  info = to(),
): Promise<unknown> =>
  openMock(mock, fields).move?.(refOf(ONE, tag), info) ?? Promise.reject(new Error('no move'));

const moves = (mock: MockDav): number => mock.seen.filter(({ method }) => method === 'MOVE').length;

describe('moving an item', () => {
  it('looks at both ends, then moves on conditions, to a whole URL', async () => {
    const mock = server(status(201, { etag: '"2"' }));
    assert.deepEqual(await move(mock), { href: TARGET, etag: '"2"' });
    assert.deepEqual(mock.asked(), [`PROPFIND ${ONE}`, `PROPFIND ${TARGET}`, `MOVE ${ONE}`]);
    const headers = mock.seen[2]?.headers;
    assert.deepEqual(
      [headers?.['destination'], headers?.['overwrite'], headers?.['if-match']],
      [`https://dav.test${TARGET}`, 'F', '"1"'],
    );
  });

  it('withholds an etag that the server does not tell', async () => {
    for (const code of [201, 204])
      assert.deepEqual(await move(server(status(code))), { href: TARGET, etag: undefined });
  });

  it('keeps the name as it is encoded', async () => {
    const [from, target] = [`${WORK}a%20%C3%A4.ics`, `${HOME}a%20%C3%A4.ics`];
    const mock = new MockDav()
      .on(`PROPFIND ${from}`, at(from))
      .on(`PROPFIND ${target}`, gone)
      .on(`MOVE ${from}`, status(201));
    await openMock(mock).move?.(refOf(from), to());
    assert.equal(mock.seen[2]?.headers['destination'], `https://dav.test${target}`);
  });

  it('takes a weak etag for the same', async () => {
    const mock = server(status(201)).on(`PROPFIND ${ONE}`, at(ONE, 'W/"1"'));
    await move(mock);
    assert.equal(moves(mock), 1);
  });

  it('does not move what has changed, whether or not the server heeds If-Match (Radicale 3.1.8 does not)', async () => {
    const mock = server(status(201)).on(`PROPFIND ${ONE}`, at(ONE, '"2"'));
    await assert.rejects(move(mock), PreconditionFailedError);
    assert.equal(moves(mock), 0);
  });

  it('does not move what is gone', async () => {
    for (const answer of [gone, status(410), multistatus(refused(ONE, 404))])
      await assert.rejects(move(server(status(201)).on(`PROPFIND ${ONE}`, answer)), PreconditionFailedError);
  });

  it('tells that the collection is gone with all items', async () => {
    const mock = server(status(201)).on(`PROPFIND ${ONE}`, gone).on(`PROPFIND ${WORK}`, gone);
    await assert.rejects(move(mock), NotFoundError);
  });

  it('does not move onto anything, whether or not the server heeds Overwrite (sabre 1.8 does not)', async () => {
    const mock = server(status(201)).on(`PROPFIND ${TARGET}`, at(TARGET));
    await assert.rejects(move(mock), AlreadyExistsError);
    assert.equal(moves(mock), 0);
  });

  it('finds at 412 that the item was changed or deleted at the last moment', async () => {
    for (const now of [at(ONE, '"2"'), gone])
      await assert.rejects(move(server(status(412), [now])), PreconditionFailedError);
    await assert.rejects(move(server(status(404), [gone])), PreconditionFailedError);
  });

  it('finds at 412 that the name was taken at the last moment', () =>
    assert.rejects(move(server(status(412), [], [at(TARGET)])), AlreadyExistsError));

  it('takes a 412 or 404 without a cause for a refusal', async () => {
    for (const code of [404, 412]) await assert.rejects(move(server(status(code))), RefusedError);
  });

  it('finds that the UID is there under another name', async () => {
    for (const name of ['no-uid-conflict', 'unique-scheduling-object-resource'])
      await assert.rejects(move(server(condition(name))), AlreadyExistsError);
  });

  const refusals: readonly (readonly [what: string, answer: Behaviour, Class: Class])[] = [
    ['403', status(403), RefusedError],
    ['405 (Xandikos 0.2.8)', status(405), RefusedError],
    ['409', status(409), RefusedError],
    ['501 (Google)', status(501), RefusedError],
    ['502 (Radicale, for another host)', status(502), RefusedError],
    ['207 with 403 inside', multistatus(refused(TARGET, 403)), RefusedError],
    ['415', status(415), RefusedError],
    ['401', status(401), AuthError],
    ['423', status(423), ServerError],
    ['500', status(500), ServerError],
    ['507', status(507), ServerError],
  ];
  for (const [what, answer, Class] of refusals)
    it(`fails with a ${Class.name} at ${what}`, () => assert.rejects(move(server(answer)), Class));

  for (const code of [405, 501])
    it(`asks a server that knows no MOVE (${code}) once a day, and nothing besides`, async () => {
      const [memo, timing] = [new MemoryMemo(), new FakeTiming()];
      const mock = server(status(code));
      const again = () => assert.rejects(move(mock, '"1"', { memo, timing }), RefusedError);
      await again();
      const asked = mock.seen.length;
      await again();
      assert.equal(mock.seen.length, asked);
      timing.nowAtMs += 24 * 60 * 60 * 1000;
      await again();
      assert.equal(moves(mock), 2);
    });

  it('asks anew where it was refused for this item alone', async () => {
    const [memo, mock] = [new MemoryMemo(), server(status(409))];
    for (const round of [1, 2]) {
      await assert.rejects(move(mock, '"1"', { memo }), RefusedError);
      assert.equal(moves(mock), round);
    }
  });

  it('is done when the answer of the first try was lost and the item is there', async () => {
    for (const code of [404, 412]) {
      const mock = server(broken(), [gone], [at(TARGET, '"7"')]);
      mock.on(`MOVE ${ONE}`, broken(), status(code));
      assert.deepEqual(await move(mock), { href: TARGET, etag: '"7"' });
    }
  });

  it('is not done by us when somebody else has moved it', () =>
    assert.rejects(move(server(status(404), [gone], [at(TARGET)])), PreconditionFailedError));

  it('is not done when the answer was lost and the item is nowhere', async () => {
    const mock = server(status(404), [gone]).on(`MOVE ${ONE}`, broken(), status(404));
    await assert.rejects(move(mock), PreconditionFailedError);
  });

  it('asks nothing where it may not move', async () => {
    const mock = server(status(201));
    await assert.rejects(move(mock, '"1"', { readOnly: true }), ReadOnlyError);
    await assert.rejects(move(mock, '"1"', {}, to({ readOnly: true })), ReadOnlyError);
    await assert.rejects(move(mock, '"1"', {}, to({ kind: 'contact' })), RefusedError);
    assert.deepEqual(mock.seen, []);
  });

  it('does not move what is no item of the collection', async () => {
    const mock = server(status(201));
    for (const path of [WORK, `${WORK}deeper/one.ics`, '/elsewhere/one.ics'])
      await assert.rejects(
        openMock(mock).move?.(refOf(path), to()) ?? Promise.resolve(),
        PreconditionFailedError,
      );
    assert.deepEqual(mock.seen, []);
  });

  it('does not move to another server', async () => {
    const memo = new MemoryMemo();
    const places = ['https://dav.test/alice/work/', 'https://p2.dav.test/alice/home/'];
    memo.set(
      'places',
      JSON.stringify({
        from: ' https://dav.test/',
        places: places.map((url) => ({ type: 'collection', url })),
      }),
    );
    const mock = server(status(201));
    await assert.rejects(move(mock, '"1"', { memo }), RefusedError);
    assert.deepEqual(mock.seen, []);
  });
});
