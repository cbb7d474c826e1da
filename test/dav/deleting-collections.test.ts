import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  ForbiddenError,
  ReadOnlyError,
  RefusedError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import { href } from '../../src/core/storage.ts';
import { createDavStorage, type DavStorageOptions } from '../../src/dav/storage.ts';
import { infoOf, WORK } from '../support/dav-collection.ts';
import { davOptions } from '../support/dav-options.ts';
import { CALENDAR, FOLDER, storageAt } from '../support/mock-account.ts';
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
  status,
} from '../support/mock-dav.ts';
import { type Class, condition } from '../support/writes.ts';

const SELF = found(WORK, CALENDAR);
const item = (path: string): string => found(path, getetag('"1"'));
const looks = (...behaviours: readonly Behaviour[]): MockDav =>
  new MockDav().on(`PROPFIND ${WORK}`, ...behaviours).on(`DELETE ${WORK}`, status(204));

const remove = (mock: MockDav, fields: Partial<DavStorageOptions> = {}, info = infoOf()): Promise<void> =>
  createDavStorage(
    davOptions(info.kind, new URL('https://dav.test/'), {
      transport: mock.transport,
      timing: new FakeTiming(),
      ...fields,
    }),
  ).deleteCollection(info);

const deletes = (mock: MockDav): number => mock.seen.filter(({ method }) => method === 'DELETE').length;

describe('deleting a collection', () => {
  it('looks whether it is empty, and deletes it without any condition', async () => {
    const mock = looks(multistatus(SELF));
    await remove(mock);
    assert.deepEqual(mock.asked(), [`PROPFIND ${WORK}`, `DELETE ${WORK}`]);
    assert.equal(mock.seen[0]?.headers['depth'], '1');
    assert.equal(mock.seen[1]?.headers['if-match'], undefined);
  });

  const spellings: readonly (readonly [what: string, self: string])[] = [
    ['absolute', found(`https://dav.test${WORK}`, CALENDAR)],
    ['without the last slash', found('/alice/work', CALENDAR)],
    ['encoded otherwise', found('/%61lice/work/', CALENDAR)],
    ['listed twice (iCloud)', SELF + SELF],
  ];
  for (const [what, self] of spellings)
    it(`knows the collection itself when it is ${what}`, async () => {
      const mock = looks(multistatus(self));
      await remove(mock);
      assert.equal(deletes(mock), 1);
    });

  const inside: readonly (readonly [what: string, entry: string])[] = [
    ['an item', item(`${WORK}1.ics`)],
    ['an item without an etag', found(`${WORK}1.ics`, '<d:resourcetype/>')],
    ['an item that we may not see', refused(`${WORK}1.ics`, 403)],
    ['a folder', found(`${WORK}deeper/`, FOLDER)],
    ['an item that is said to be elsewhere', item('/other/1.ics')],
    ['an item with a mangled name', item('http%3A//x/1.ics')],
  ];
  for (const [what, entry] of inside)
    it(`refuses while it holds ${what}`, async () => {
      const mock = looks(multistatus(SELF, entry));
      await assert.rejects(remove(mock), RefusedError);
      assert.equal(deletes(mock), 0);
    });

  it('names a few of what is inside, as people call it', async () => {
    const names = ['a%20b.ics', '2.ics', '3.ics', '4.ics', '5.ics', '6.ics', '7.ics'];
    const mock = looks(multistatus(SELF, ...names.map((name) => item(WORK + name))));
    await assert.rejects(remove(mock), /still holds a b\.ics, 2\.ics, 3\.ics, 4\.ics, 5\.ics and 2 more/);
  });

  it('does not count what is said to be gone', async () => {
    const mock = looks(multistatus(SELF, refused(`${WORK}1.ics`, 404)));
    await remove(mock);
    assert.equal(deletes(mock), 1);
  });

  const gone: readonly (readonly [what: string, look: Behaviour])[] = [
    ['404', status(404)],
    ['410', status(410)],
    ['207 with 404 inside', multistatus(refused(WORK, 404))],
    ['the same with a mangled href (Xandikos 0.2.8)', multistatus(refused('http%3A//x/alice/work/', 404))],
  ];
  for (const [what, look] of gone)
    it(`has nothing to do when the server says ${what}`, async () => {
      const mock = looks(look);
      await remove(mock);
      assert.equal(deletes(mock), 0);
    });

  for (const answer of [status(404), status(410), multistatus(refused(WORK, 404)), status(200)])
    it('is done when the server says so, or that it is gone (Cyrus 3.6)', () =>
      remove(looks(multistatus(SELF)).on(`DELETE ${WORK}`, answer)));

  const unclear: readonly (readonly [what: string, look: Behaviour, Class: Class])[] = [
    ['an empty list', multistatus(), ServerError],
    ['a list of other places', multistatus(refused('/a', 404), refused('/b', 404)), ServerError],
    ['a list that is cut by its own word', multistatus(refused(WORK, 507)), ServerError],
    [
      'a list that is cut short',
      () =>
        new Response(multistatusText(SELF).slice(0, -9), {
          status: 207,
          headers: { 'content-type': 'text/xml' },
        }),
      ServerError,
    ],
    ['a page for logging in', status(200, { 'content-type': 'text/html' }, '<html></html>'), ServerError],
    ['403', status(403), RefusedError],
    ['401', status(401), AuthError],
    ['a broken connection', broken(), UnreachableError],
    ['that it is no calendar', multistatus(found(WORK, FOLDER)), RefusedError],
    ['nothing of what it is', multistatus(found(WORK, '')), RefusedError],
  ];
  for (const [what, look, Class] of unclear)
    it(`deletes nothing when the server answers with ${what}`, async () => {
      const mock = looks(look);
      await assert.rejects(remove(mock), Class);
      assert.equal(deletes(mock), 0);
    });

  const refusals: readonly (readonly [what: string, answer: Behaviour, Class: Class])[] = [
    ['403', status(403), RefusedError],
    ['405', status(405), RefusedError],
    ['409', status(409), RefusedError],
    ['501', status(501), RefusedError],
    ['207 with 403 inside', multistatus(refused(`${WORK}hidden`, 403)), RefusedError],
    ['need-privileges', condition('need-privileges'), ForbiddenError],
    ['401', status(401), AuthError],
    ['423', status(423), ServerError],
    ['500', status(500), ServerError],
  ];
  for (const [what, answer, Class] of refusals)
    it(`fails with a ${Class.name} at ${what}`, () =>
      assert.rejects(remove(looks(multistatus(SELF)).on(`DELETE ${WORK}`, answer)), Class));

  it('does not send a deletion twice, which could meet a collection that was made anew', async () => {
    const mock = looks(multistatus(SELF)).on(`DELETE ${WORK}`, broken());
    await assert.rejects(remove(mock), UnreachableError);
    assert.equal(deletes(mock), 1);
  });

  it('asks nothing where nothing may be written', async () => {
    const mock = looks(multistatus(SELF));
    await assert.rejects(remove(mock, { readOnly: true }), ReadOnlyError);
    await assert.rejects(remove(mock, {}, infoOf('calendar', { readOnly: true })), ReadOnlyError);
    assert.deepEqual(mock.seen, []);
  });

  it('keeps a calendar that is all that the configuration is about', async () => {
    const mock = looks(multistatus(SELF));
    const storage = storageAt(`https://dav.test${WORK}`, mock);
    const [info] = await storage.discover();
    assert.equal(info?.href, href(WORK));
    await assert.rejects(storage.deleteCollection(info), RefusedError);
    assert.equal(deletes(mock), 0);
  });
});
