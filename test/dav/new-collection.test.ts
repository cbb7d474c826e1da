import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AlreadyExistsError,
  ConfigError,
  PimsyncError,
  ReadOnlyError,
  RefusedError,
  ServerError,
} from '../../src/core/errors.ts';
import type { ItemKind } from '../../src/core/item.ts';
import { collectionId, type CollectionInfo, type CollectionProperties } from '../../src/core/storage.ts';
import { createDavStorage, type DavStorageOptions } from '../../src/dav/storage.ts';
import { davOptions } from '../support/dav-options.ts';
import { FakeTiming, found, MockDav, multistatus, status } from '../support/mock-dav.ts';

const TYPES = {
  calendar: '<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>',
  contact: '<d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>',
} as const;
const HOME_SETS = {
  calendar: '<c:calendar-home-set><d:href>/alice/</d:href></c:calendar-home-set>',
  contact: '<card:addressbook-home-set><d:href>/alice/</d:href></card:addressbook-home-set>',
} as const;

const NEW = '/alice/new/';

/** An account with a home that has `work`; `/alice/new/` appears when it was asked for once. */
const account = (kind: ItemKind = 'calendar', shown = ''): MockDav =>
  new MockDav()
    .on('PROPFIND /', multistatus(found('/', HOME_SETS[kind])))
    .on(
      'PROPFIND /alice/',
      multistatus(
        found('/alice/', '<d:resourcetype><d:collection/></d:resourcetype>'),
        found('/alice/work/', TYPES[kind]),
      ),
    )
    .on(`PROPFIND ${NEW}`, status(404), multistatus(found(NEW, TYPES[kind] + shown)))
    .on(`${kind === 'calendar' ? 'MKCALENDAR' : 'MKCOL'} ${NEW}`, status(201));

function create(
  mock: MockDav,
  wanted: { readonly id?: string; readonly kind?: ItemKind; readonly properties?: CollectionProperties } = {},
  fields: Partial<DavStorageOptions> = {},
): Promise<CollectionInfo> {
  const { id = 'new', kind = 'calendar', properties = {} } = wanted;
  const options = { transport: mock.transport, timing: new FakeTiming(), ...fields };
  const storage = createDavStorage(davOptions(fields.kind ?? kind, new URL('https://dav.test/'), options));
  return storage.createCollection({ id: collectionId(id), kind, properties });
}

describe('making a collection', () => {
  it('makes a calendar with its properties', async () => {
    const shown = '<d:displayname>A &amp; B</d:displayname><a:calendar-color>#112233</a:calendar-color>';
    const mock = account('calendar', shown);
    const properties = { displayname: 'A & B', color: '#112233' };
    const info = await create(mock, { properties });
    assert.deepEqual(info, { id: 'new', href: NEW, kind: 'calendar', readOnly: false, properties });
    const body = mock.seen.find(({ method }) => method === 'MKCALENDAR')?.body ?? '';
    assert.match(body, /<c:mkcalendar[^>]*xmlns:c="urn:ietf:params:xml:ns:caldav"/);
    assert.match(body, /<d:displayname>A &amp; B<\/d:displayname>/);
    assert.match(body, /<ca:calendar-color>#112233<\/ca:calendar-color>/);
  });

  it('makes an address book with its properties', async () => {
    const mock = account(
      'contact',
      '<d:displayname>n</d:displayname><card:addressbook-description>d</card:addressbook-description>',
    );
    await create(mock, { kind: 'contact', properties: { displayname: 'n', description: 'd', order: '3' } });
    const body = mock.seen.find(({ method }) => method === 'MKCOL')?.body ?? '';
    assert.match(body, /<d:resourcetype>\s*<d:collection\/>\s*<card:addressbook\/>\s*<\/d:resourcetype>/);
    assert.match(body, /<card:addressbook-description>d</);
    assert.doesNotMatch(body, /order/);
    assert.equal(
      mock.seen.some(({ method }) => method === 'PROPPATCH'),
      false,
    );
  });

  it('keeps a text that looks like an entity', async () => {
    const mock = account('calendar', '<d:displayname>&amp;amp;</d:displayname>');
    await create(mock, { properties: { displayname: '&amp;' } });
    assert.match(
      mock.seen.find(({ method }) => method === 'MKCALENDAR')?.body ?? '',
      /<d:displayname>&amp;amp;</,
    );
  });

  it('sets afterwards what the server left out (Xandikos 0.2.8)', async () => {
    const mock = account('calendar', '<d:displayname>n</d:displayname>')
      .on(`PROPPATCH ${NEW}`, multistatus(found(NEW, '<a:calendar-color/>')))
      .on(
        `PROPFIND ${NEW}`,
        status(404),
        multistatus(found(NEW, `${TYPES.calendar}<d:displayname>n</d:displayname>`)),
        multistatus(
          found(
            NEW,
            `${TYPES.calendar}<d:displayname>n</d:displayname><a:calendar-color>#112233</a:calendar-color>`,
          ),
        ),
      );
    const info = await create(mock, { properties: { displayname: 'n', color: '#112233' } });
    assert.deepEqual(info.properties, { displayname: 'n', color: '#112233' });
    const body = mock.seen.find(({ method }) => method === 'PROPPATCH')?.body ?? '';
    assert.match(body, /calendar-color/);
    assert.doesNotMatch(body, /displayname/);
  });

  it('is content when the server will not set them', async () => {
    const mock = account().on(`PROPPATCH ${NEW}`, status(403));
    assert.deepEqual((await create(mock, { properties: { color: '#112233' } })).properties, {});
  });

  it('makes it with MKCOL where there is no MKCALENDAR, and without properties where they are refused', async () => {
    for (const code of [400, 403, 405, 415, 501]) {
      const mock = account().on(`MKCALENDAR ${NEW}`, status(code)).on(`MKCOL ${NEW}`, status(201));
      assert.equal((await create(mock)).href, NEW);
      assert.match(mock.seen.find(({ method }) => method === 'MKCOL')?.body ?? '', /<c:calendar\/>/);
    }
  });

  it('encodes the name', async () => {
    const path = '/alice/a%2Bb%20%C3%A4/';
    const mock = account()
      .on(`PROPFIND ${path}`, status(404), multistatus(found('/alice/a+b%20ä/', TYPES.calendar)))
      .on(`MKCALENDAR ${path}`, status(201));
    const info = await create(mock, { id: 'a+b ä' });
    assert.deepEqual([info.id, info.href], ['a+b ä', path]);
  });
});

describe('not making a collection', () => {
  it('that is there already', async () => {
    for (const mock of [
      account(),
      account().on(
        `PROPFIND ${NEW}`,
        multistatus(found(NEW, '<d:resourcetype><d:collection/></d:resourcetype>')),
      ),
    ]) {
      const id = mock.seen.length === 0 ? 'work' : 'new';
      await assert.rejects(create(mock, { id }), AlreadyExistsError);
      assert.equal(
        mock.seen.some(({ method }) => method.startsWith('MK')),
        false,
      );
    }
  });

  it('where something that is no calendar has the name', async () => {
    const mock = account().on(
      `PROPFIND ${NEW}`,
      multistatus(found(NEW, '<d:resourcetype><d:collection/></d:resourcetype>')),
    );
    await assert.rejects(create(mock), AlreadyExistsError);
    assert.equal(
      mock.seen.some(({ method }) => method.startsWith('MK')),
      false,
    );
  });

  it('that somebody else made meanwhile', async () => {
    const mock = account().on(`MKCALENDAR ${NEW}`, status(405)).on(`MKCOL ${NEW}`, status(405));
    await assert.rejects(create(mock), AlreadyExistsError);
  });

  it('that the server will not have, saying what to do', async () => {
    const mock = account()
      .on(`MKCALENDAR ${NEW}`, status(403, {}, 'limit reached'))
      .on(`MKCOL ${NEW}`, status(403))
      .on(`PROPFIND ${NEW}`, status(404));
    await assert.rejects(create(mock), (error) => {
      assert.ok(error instanceof RefusedError);
      assert.match(error.message, /with the provider's own program/);
      return true;
    });
  });

  it('when the server is in trouble', async () => {
    const mock = account().on(`MKCALENDAR ${NEW}`, status(500));
    await assert.rejects(create(mock), ServerError);
    assert.equal(
      mock.seen.some(({ method }) => method === 'MKCOL'),
      false,
    );
  });

  it('that the server says it made, when it is no calendar', async () => {
    const mock = account().on(
      `PROPFIND ${NEW}`,
      status(404),
      multistatus(found(NEW, '<d:resourcetype><d:collection/></d:resourcetype>')),
    );
    await assert.rejects(create(mock), PimsyncError);
  });

  it('in a read-only storage, of another kind, or with a name that is a way', async () => {
    const mock = account();
    await assert.rejects(create(mock, {}, { readOnly: true }), ReadOnlyError);
    await assert.rejects(create(mock, { kind: 'contact' }, { kind: 'calendar' }), RefusedError);
    for (const id of ['', '.', '..', 'a/b', '../up', 'a\0b'])
      await assert.rejects(create(mock, { id }), RefusedError);
    assert.equal(
      mock.seen.some(({ method }) => method.startsWith('MK')),
      false,
    );
  });

  it('where only a calendar is known', async () => {
    const mock = new MockDav().on('PROPFIND /', multistatus(found('/', TYPES.calendar)));
    await assert.rejects(create(mock), ConfigError);
  });
});
