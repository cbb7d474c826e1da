import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AlreadyExistsError,
  AuthError,
  ForbiddenError,
  NotFoundError,
  RefusedError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import { infoOf, openMock, WORK } from '../support/dav-collection.ts';
import { eventText, itemOf } from '../support/items.ts';
import { type Behaviour, broken, MockDav, multistatus, refused, status } from '../support/mock-dav.ts';
import { ITEM, ONE, text, condition, there, type Class } from '../support/writes.ts';

describe('creating', () => {
  it('puts where nothing is, under the wished name', async () => {
    const mock = new MockDav().on(`PUT ${ONE}`, status(201, { etag: '"1"' }));
    const result = await openMock(mock).create(ITEM, { name: 'one.ics' });
    assert.deepEqual(result, { href: ONE, etag: '"1"' });
    const [seen] = mock.seen;
    assert.equal(seen?.headers['if-none-match'], '*');
    assert.equal(seen.headers['content-type'], 'text/calendar; charset=utf-8');
    assert.equal(seen.body, ITEM.text);
  });

  it('encodes the name for the path', async () => {
    const mock = new MockDav().on(`PUT ${WORK}a%40b%2Bc.ics`, status(201));
    assert.equal((await openMock(mock).create(ITEM, { name: 'a@b+c' })).href, `${WORK}a%40b%2Bc.ics`);
  });

  it('sends contacts as such', async () => {
    const mock = new MockDav().on(`PUT ${WORK}c.vcf`, status(201));
    await openMock(mock, {}, infoOf('contact')).create(itemOf('contact', 'c', 'Ada'));
    assert.equal(mock.seen[0]?.headers['content-type'], 'text/vcard; charset=utf-8');
  });

  const etags: readonly (readonly [
    title: string,
    headers: Record<string, string>,
    want: string | undefined,
  ])[] = [
    ['none', {}, undefined],
    ['an empty one', { etag: '' }, undefined],
    ['a weak one', { etag: 'W/"1"' }, '"1"'],
    ['one without quotes', { etag: '1' }, '1'],
  ];
  for (const [title, headers, want] of etags) {
    it(`knows the etag when the server gives ${title}`, async () => {
      const mock = new MockDav().on(`PUT ${ONE}`, status(201, headers));
      assert.equal((await openMock(mock).create(ITEM, { name: 'one' })).etag, want);
    });
  }

  it('believes the server where it put the item (Google contacts)', async () => {
    for (const location of [`${WORK}g1.ics`, `https://dav.test${WORK}g1.ics`]) {
      const mock = new MockDav().on(`PUT ${ONE}`, status(201, { location }));
      assert.equal((await openMock(mock).create(ITEM, { name: 'one' })).href, `${WORK}g1.ics`);
    }
  });

  it('does not believe that it put the item elsewhere', async () => {
    for (const location of ['/bob/x.ics', WORK, `${WORK}../x.ics`]) {
      const mock = new MockDav().on(`PUT ${ONE}`, status(201, { location }));
      assert.equal((await openMock(mock).create(ITEM, { name: 'one' })).href, ONE);
    }
  });

  it('takes another name when another item has the wished one', async () => {
    const mock = new MockDav()
      .on(`PUT ${ONE}`, status(412))
      .on(`GET ${ONE}`, text(eventText({ uid: 'other' })))
      .on(`PUT ${WORK}uid-1.ics`, status(201));
    assert.equal((await openMock(mock).create(ITEM, { name: 'one' })).href, `${WORK}uid-1.ics`);
  });

  it('gives up when that is taken too', async () => {
    const mock = new MockDav();
    for (const path of [ONE, `${WORK}uid-1.ics`])
      mock.on(`PUT ${path}`, status(412)).on(`GET ${path}`, text(eventText({ uid: 'other' })));
    await assert.rejects(openMock(mock).create(ITEM, { name: 'one' }), AlreadyExistsError);
    assert.equal(mock.seen.filter(({ method }) => method === 'PUT').length, 2);
  });

  it('takes another name when the server keeps the wished one in a bin (Nextcloud)', async () => {
    const mock = new MockDav()
      .on(
        `PUT ${ONE}`,
        status(400, {}, 'Deleted calendar object with uid already exists in this calendar collection.'),
      )
      .on(`PUT ${WORK}uid-1.ics`, status(201));
    assert.equal((await openMock(mock).create(ITEM, { name: 'one' })).href, `${WORK}uid-1.ics`);
  });

  it('finds that the item is there already', async () => {
    const mock = new MockDav()
      .on(`PUT ${ONE}`, status(412))
      .on(`GET ${ONE}`, text(eventText({ uid: 'uid-1' })));
    await assert.rejects(openMock(mock).create(ITEM, { name: 'one' }), AlreadyExistsError);
  });

  const duplicates: readonly (readonly [title: string, behaviour: Behaviour])[] = [
    ['403 no-uid-conflict', condition('no-uid-conflict')],
    ['403 unique-scheduling-object-resource (Cyrus)', condition('unique-scheduling-object-resource')],
    ['409 (Radicale)', status(409)],
    [
      '207 with 412 inside (Xandikos)',
      multistatus(refused(ONE, 412, '<d:error><c:no-uid-conflict/></d:error>')),
    ],
  ];
  for (const [title, behaviour] of duplicates) {
    it(`understands ${title} as a duplicate UID`, async () => {
      const mock = new MockDav().on(`PUT ${ONE}`, behaviour).on(`PROPFIND ${WORK}`, there);
      await assert.rejects(openMock(mock).create(ITEM, { name: 'one' }), AlreadyExistsError);
    });
  }

  const refusals: readonly (readonly [title: string, behaviour: Behaviour, Class: Class])[] = [
    ['400', status(400), RefusedError],
    ['403 with a condition', condition('valid-calendar-data'), RefusedError],
    ['403 without one', status(403), RefusedError],
    ['403 need-privileges', condition('need-privileges'), ForbiddenError],
    ['404 although the collection is there (iCloud)', status(404), RefusedError],
    ['405', status(405), RefusedError],
    ['412 although nothing is there (DAViCal)', status(412), RefusedError],
    ['413', status(413), RefusedError],
    ['415', status(415), RefusedError],
    ['422', status(422), RefusedError],
    ['207 with 403 inside', multistatus(refused(ONE, 403)), RefusedError],
    ['401', status(401), AuthError],
    ['423', status(423), ServerError],
    ['500', status(500), ServerError],
    ['507', status(507), ServerError],
    ['a dead network', broken('ECONNREFUSED'), UnreachableError],
  ];
  for (const [title, behaviour, Class] of refusals) {
    it(`fails with a ${Class.name} at ${title}`, async () => {
      const mock = new MockDav().on(`PUT ${ONE}`, behaviour).on(`PROPFIND ${WORK}`, there);
      await assert.rejects(openMock(mock).create(ITEM, { name: 'one' }), Class);
    });
  }

  for (const code of [404, 405, 409]) {
    it(`finds at ${code} that the collection is gone`, async () => {
      for (const gone of [status(404), multistatus(refused('http%3A//dav.test/', 404))]) {
        const mock = new MockDav().on(`PUT ${ONE}`, status(code)).on(`PROPFIND ${WORK}`, gone);
        await assert.rejects(openMock(mock).create(ITEM, { name: 'one' }), NotFoundError);
      }
    });
  }

  it('is done when the answer of the first try was lost and the item is there', async () => {
    const mock = new MockDav()
      .on(`PUT ${ONE}`, broken(), status(412))
      .on(`GET ${ONE}`, text(ITEM.text, '"7"'));
    assert.deepEqual(await openMock(mock).create(ITEM, { name: 'one' }), { href: ONE, etag: '"7"' });
  });

  it('is no success when the answer was lost and something else of that UID is there', async () => {
    const mock = new MockDav()
      .on(`PUT ${ONE}`, broken(), status(412))
      .on(`GET ${ONE}`, text(eventText({ uid: 'uid-1', summary: 'else' })));
    await assert.rejects(openMock(mock).create(ITEM, { name: 'one' }), AlreadyExistsError);
  });
});
