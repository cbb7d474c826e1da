import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  ForbiddenError,
  NotFoundError,
  PreconditionFailedError,
  ReadOnlyError,
  RefusedError,
  ServerError,
} from '../../src/core/errors.ts';
import { brand } from '../../src/core/brand.ts';
import type { Etag } from '../../src/core/storage.ts';
import { href } from '../../src/core/storage.ts';
import { infoOf, openMock, refOf, WORK } from '../support/dav-collection.ts';
import { eventText } from '../support/items.ts';
import { type Behaviour, broken, MockDav, multistatus, refused, status } from '../support/mock-dav.ts';
import { ITEM, ONE, text, condition, there, type Class } from '../support/writes.ts';

describe('updating', () => {
  it('replaces under the etag of the listing, as it is', async () => {
    for (const tag of ['"1"', 'W/"1"', '2026-11-22']) {
      const mock = new MockDav().on(`PUT ${ONE}`, status(204, { etag: '"2"' }));
      assert.deepEqual(await openMock(mock).update(refOf(ONE, tag), ITEM), { href: ONE, etag: '"2"' });
      assert.equal(mock.seen[0]?.headers['if-match'], tag);
    }
  });

  it('fails when the item was changed meanwhile', async () => {
    const mock = new MockDav()
      .on(`PUT ${ONE}`, status(412))
      .on(`GET ${ONE}`, text(eventText({ uid: 'uid-1', summary: 'theirs' }), '"2"'));
    await assert.rejects(openMock(mock).update(refOf(ONE), ITEM), PreconditionFailedError);
  });

  for (const code of [404, 410, 412]) {
    it(`fails when the item is gone (${code})`, async () => {
      const mock = new MockDav().on(`PUT ${ONE}`, status(code)).on(`PROPFIND ${WORK}`, there);
      await assert.rejects(openMock(mock).update(refOf(ONE), ITEM), PreconditionFailedError);
    });
    it(`is a refusal when the item is as it was (${code}; iCloud, DAViCal)`, async () => {
      const mock = new MockDav()
        .on(`PUT ${ONE}`, status(code))
        .on(`PROPFIND ${WORK}`, there)
        .on(`GET ${ONE}`, text(eventText({ uid: 'uid-1', summary: 'as it was' }), 'W/"1"'));
      await assert.rejects(openMock(mock).update(refOf(ONE), ITEM), RefusedError);
    });
  }

  for (const code of [403, 404, 405, 409, 410]) {
    it(`finds at ${code} that the collection is gone`, async () => {
      const mock = new MockDav().on(`PUT ${ONE}`, status(code)).on(`PROPFIND ${WORK}`, status(404));
      await assert.rejects(openMock(mock).update(refOf(ONE), ITEM), NotFoundError);
    });
  }

  const refusals: readonly (readonly [title: string, behaviour: Behaviour, Class: Class])[] = [
    ['409', status(409), RefusedError],
    ['403 no-uid-conflict', condition('no-uid-conflict'), RefusedError],
    ['415', status(415), RefusedError],
    ['401', status(401), AuthError],
    ['503', status(503, { 'retry-after': '600' }), ServerError],
    ['507', status(507), ServerError],
  ];
  for (const [title, behaviour, Class] of refusals) {
    it(`fails with a ${Class.name} at ${title}`, async () => {
      const mock = new MockDav().on(`PUT ${ONE}`, behaviour).on(`PROPFIND ${WORK}`, there);
      await assert.rejects(openMock(mock).update(refOf(ONE), ITEM), Class);
    });
  }

  it('is done when the answer of the first try was lost and the text is there', async () => {
    for (const lost of [broken(), status(504)]) {
      const mock = new MockDav().on(`PUT ${ONE}`, lost, status(412)).on(`GET ${ONE}`, text(ITEM.text, '"7"'));
      assert.deepEqual(await openMock(mock).update(refOf(ONE), ITEM), { href: ONE, etag: '"7"' });
    }
  });

  it('is no success when the answer was lost and another text is there', async () => {
    const mock = new MockDav()
      .on(`PUT ${ONE}`, broken(), status(412))
      .on(`GET ${ONE}`, text(eventText({ uid: 'uid-1', summary: 'theirs' }), '"7"'));
    await assert.rejects(openMock(mock).update(refOf(ONE), ITEM), PreconditionFailedError);
  });

  it('that was never repeated is no success because somebody else wrote the same', async () => {
    const mock = new MockDav().on(`PUT ${ONE}`, status(412)).on(`GET ${ONE}`, text(ITEM.text, '"7"'));
    await assert.rejects(openMock(mock).update(refOf(ONE), ITEM), PreconditionFailedError);
  });
});

describe('removing', () => {
  it('removes under the etag of the listing', async () => {
    const mock = new MockDav().on(`DELETE ${ONE}`, status(204));
    await openMock(mock).remove(refOf(ONE, 'W/"1"'));
    assert.equal(mock.seen[0]?.headers['if-match'], 'W/"1"');
  });

  for (const gone of [status(404), status(410), multistatus(refused(ONE, 404))]) {
    it('is done when the item is gone', async () => {
      await openMock(new MockDav().on(`DELETE ${ONE}`, gone)).remove(refOf(ONE));
    });
  }

  it('is done when the item is gone, though the server says 412 (sabre 1.8)', async () => {
    await openMock(new MockDav().on(`DELETE ${ONE}`, status(412))).remove(refOf(ONE));
  });

  it('fails when the item was changed meanwhile', async () => {
    const mock = new MockDav().on(`DELETE ${ONE}`, status(412)).on(`GET ${ONE}`, text('x'));
    await assert.rejects(openMock(mock).remove(refOf(ONE)), PreconditionFailedError);
  });

  it('is done when the answer of the first try was lost', async () => {
    await openMock(new MockDav().on(`DELETE ${ONE}`, broken(), status(404))).remove(refOf(ONE));
  });

  it('fails when it is forbidden, and when the server is down', async () => {
    await assert.rejects(
      openMock(new MockDav().on(`DELETE ${ONE}`, status(403))).remove(refOf(ONE)),
      ForbiddenError,
    );
    await assert.rejects(
      openMock(new MockDav().on(`DELETE ${ONE}`, status(500))).remove(refOf(ONE)),
      ServerError,
    );
  });
});

describe('what must never be written to', () => {
  const elsewhere = [
    WORK,
    '/alice/',
    '/',
    '/alice/other/1.ics',
    `${WORK}../x.ics`,
    `${WORK}%2e%2e/x.ics`,
    `${WORK}sub/1.ics`,
    '',
    '..',
    'https://evil.test/alice/work/1.ics',
    '//evil.test/1.ics',
  ];
  for (const path of elsewhere) {
    it(`is ${JSON.stringify(path)}`, async () => {
      const mock = new MockDav();
      await assert.rejects(openMock(mock).update(refOf(path), ITEM), PreconditionFailedError);
      await assert.rejects(openMock(mock).remove(refOf(path)), PreconditionFailedError);
      assert.equal(mock.seen.length, 0);
    });
  }

  it('is an item without an etag', async () => {
    const mock = new MockDav();
    const ref = { href: href(ONE), etag: brand<Etag>('') };
    await assert.rejects(openMock(mock).update(ref, ITEM), PreconditionFailedError);
    await assert.rejects(openMock(mock).remove(ref), PreconditionFailedError);
    assert.equal(mock.seen.length, 0);
  });

  it('is a read-only collection, or one of a read-only storage', async () => {
    const mock = new MockDav();
    for (const collection of [
      openMock(mock, { readOnly: true }),
      openMock(mock, {}, infoOf('calendar', { readOnly: true })),
    ]) {
      assert.equal(collection.info.readOnly, true);
      await assert.rejects(collection.create(ITEM), ReadOnlyError);
      await assert.rejects(collection.update(refOf(ONE), ITEM), ReadOnlyError);
      await assert.rejects(collection.remove(refOf(ONE)), ReadOnlyError);
    }
    assert.equal(mock.seen.length, 0);
  });
});
