import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  NotFoundError,
  ReadOnlyError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import type { ItemKind } from '../../src/core/item.ts';
import type { CollectionProperties, PropertyName } from '../../src/core/storage.ts';
import { createDavStorage, type DavStorageOptions } from '../../src/dav/storage.ts';
import { changesOf } from '../conformance/storage-trial.ts';
import { infoOf, WORK } from '../support/dav-collection.ts';
import { davOptions } from '../support/dav-options.ts';
import { BOOK, CALENDAR, FOLDER } from '../support/mock-account.ts';
import {
  type Behaviour,
  broken,
  FakeTiming,
  found,
  MockDav,
  multistatus,
  refused,
  status,
} from '../support/mock-dav.ts';
import { type Class, condition } from '../support/writes.ts';

const NAME = '<d:displayname>n</d:displayname>';
const COLOR = '<a:calendar-color>#112233</a:calendar-color>';

/** PROPPATCHes are answered by these, in turn; then the collection shows `shown`. */
const server = (shown: string, ...answers: readonly Behaviour[]): MockDav =>
  new MockDav()
    .on(`PROPPATCH ${WORK}`, ...answers)
    .on(`PROPFIND ${WORK}`, multistatus(found(WORK, CALENDAR + shown)));

const ok: Behaviour = multistatus(found(WORK, '<d:displayname/><a:calendar-color/>'));
/** 207 with a status for each property. */
const inner = (...parts: readonly (readonly [prop: string, code: number])[]): Behaviour =>
  multistatus(
    `<d:response><d:href>${WORK}</d:href>${parts
      .map(
        ([prop, code]) =>
          `<d:propstat><d:prop>${prop}</d:prop><d:status>HTTP/1.1 ${code} X</d:status></d:propstat>`,
      )
      .join('')}</d:response>`,
  );

interface Wish {
  readonly before?: CollectionProperties;
  readonly kind?: ItemKind;
  readonly fields?: Partial<DavStorageOptions>;
}

function set(
  mock: MockDav,
  changes: Parameters<typeof changesOf>[0],
  { before = {}, kind = 'calendar', fields = {} }: Wish = {},
): Promise<ReadonlyMap<PropertyName, string>> {
  const options = { transport: mock.transport, timing: new FakeTiming(), ...fields };
  return createDavStorage(davOptions(kind, new URL('https://dav.test/'), options)).setProperties(
    infoOf(kind, { properties: before }),
    changesOf(changes),
  );
}

/** Bodies of what was sent, without line breaks. */
const sent = (mock: MockDav): string[] =>
  mock.seen.filter(({ method }) => method === 'PROPPATCH').map(({ body }) => body.replaceAll(/\n\s*/g, ''));

describe('setting properties', () => {
  it('sends all in one request, and looks what came of it', async () => {
    const mock = server(NAME + COLOR, ok);
    const wish = { displayname: 'n', color: '#112233', description: undefined, order: undefined };
    assert.deepEqual(await set(mock, wish), new Map());
    assert.deepEqual(mock.asked(), [`PROPPATCH ${WORK}`, `PROPFIND ${WORK}`]);
    const [body = ''] = sent(mock);
    assert.match(
      body,
      /<d:set><d:prop><d:displayname>n<\/d:displayname><ca:calendar-color>#112233<\/ca:calendar-color><\/d:prop><\/d:set>/,
    );
    assert.match(
      body,
      /<d:remove><d:prop><c:calendar-description\/><ca:calendar-order\/><\/d:prop><\/d:remove>/,
    );
  });

  it('names them as address books do, which have no order', async () => {
    const mock = server('')
      .on(
        `PROPFIND ${WORK}`,
        multistatus(found(WORK, `${BOOK}<card:addressbook-description>d</card:addressbook-description>`)),
      )
      .on(`PROPPATCH ${WORK}`, ok);
    const refusedOnes = await set(mock, { description: 'd', order: '3' }, { kind: 'contact' });
    assert.deepEqual([...refusedOnes.keys()], ['order']);
    assert.match(sent(mock)[0] ?? '', /<card:addressbook-description>d</);
    assert.doesNotMatch(sent(mock)[0] ?? '', /order/);
  });

  it('keeps a text that looks like markup', async () => {
    const mock = server('<d:displayname>&lt;b&gt; &amp;amp;</d:displayname>', ok);
    assert.deepEqual(await set(mock, { displayname: '<b> &amp;' }), new Map());
    assert.match(sent(mock)[0] ?? '', /<d:displayname>&lt;b&gt; &amp;amp;</);
  });

  it('asks nothing when there is nothing that could be set', async () => {
    const mock = new MockDav();
    assert.deepEqual([...(await set(mock, { color: 'red' })).keys()], ['color']);
    assert.deepEqual(await set(mock, {}), new Map());
    assert.deepEqual(mock.seen, []);
  });

  it('sets the others alone when one made all fail (RFC 4918, 9.2)', async () => {
    const mock = server(NAME, inner(['<c:calendar-description/>', 403], ['<d:displayname/>', 424]), ok);
    const reasons = await set(mock, { description: 'd', displayname: 'n' });
    assert.deepEqual([...reasons], [['description', 'the server answered 403']]);
    assert.equal(sent(mock).length, 2);
    assert.doesNotMatch(sent(mock)[1] ?? '', /description/);
  });

  it('does not send again what is set beside a refused one (Xandikos 0.2.8)', async () => {
    const mock = server(NAME, inner(['<c:calendar-description/>', 409], ['<d:displayname/>', 200]));
    const reasons = await set(mock, { description: 'd', displayname: 'n' });
    assert.deepEqual([...reasons.keys()], ['description']);
    assert.equal(sent(mock).length, 1);
  });

  for (const code of [400, 403, 409, 422, 500])
    it(`tries each alone when the server refuses all with ${code}`, async () => {
      const mock = server(NAME, status(code, {}, 'no description here'), ok, status(code));
      const reasons = await set(mock, { displayname: 'n', description: 'd' });
      assert.deepEqual([...reasons.keys()], ['description']);
      assert.match(reasons.get('description') ?? '', new RegExp(`PROPPATCH ${WORK}.*${code}`));
      assert.equal(sent(mock).length, 3);
    });

  for (const code of [405, 501])
    it(`tries only once where there is no PROPPATCH (${code})`, async () => {
      const mock = server('', status(code));
      const reasons = await set(mock, { displayname: 'n', description: 'd' });
      assert.deepEqual([...reasons.keys()], ['displayname', 'description']);
      assert.equal(sent(mock).length, 1);
    });

  it("tells the server's reason", async () => {
    const error = '<d:error><d:cannot-modify-protected-property/></d:error>';
    const mock = server(
      '',
      multistatus(
        `<d:response><d:href>${WORK}</d:href><d:propstat><d:prop><d:displayname/></d:prop>` +
          `<d:status>HTTP/1.1 403 X</d:status>${error}</d:propstat>` +
          '<d:responsedescription>names are fixed</d:responsedescription></d:response>',
      ),
    );
    assert.deepEqual(
      [...(await set(mock, { displayname: 'n' }))],
      [['displayname', 'the server answered 403 (cannot-modify-protected-property: names are fixed)']],
    );
  });

  it('gives a refused colour an opacity, as Apple does', async () => {
    const shown = '<a:calendar-color>#112233FF</a:calendar-color>';
    const mock = server(shown, inner(['<a:calendar-color/>', 409]), ok);
    assert.deepEqual(await set(mock, { color: '#112233' }), new Map());
    assert.match(sent(mock)[1] ?? '', /#112233FF</);
  });

  it('empties what the server will not remove (Xandikos 0.2.8 answers 500)', async () => {
    const mock = server('', status(500), ok);
    assert.deepEqual(await set(mock, { color: undefined }, { before: { color: '#112233' } }), new Map());
    assert.match(sent(mock)[0] ?? '', /<d:remove>/);
    assert.match(sent(mock)[1] ?? '', /<d:set><d:prop><ca:calendar-color\/?>/);
  });

  it('says so when both ways are refused', async () => {
    const mock = server('', inner(['<a:calendar-color/>', 409]));
    assert.deepEqual([...(await set(mock, { color: '#112233' })).keys()], ['color']);
    assert.equal(sent(mock).length, 2);
  });

  const unkept: readonly (readonly [what: string, shown: string, wish: Parameters<typeof changesOf>[0]])[] = [
    ['does not keep', '', { color: '#ABCDEF' }],
    ['keeps as it was', COLOR, { color: '#ABCDEF' }],
    ['does not take away', COLOR, { color: undefined }],
  ];
  for (const [what, shown, wish] of unkept)
    it(`tells what the server says it did and ${what}`, async () => {
      const reasons = await set(server(shown, ok), wish, { before: { color: '#112233' } });
      assert.match(reasons.get('color') ?? '', /^the server says that it is/);
    });

  it('is content with another spelling of the value', async () => {
    const mock = server(
      '<a:calendar-color>#abcdef80</a:calendar-color><d:displayname>N (me)</d:displayname>',
      ok,
    );
    const before = { color: '#112233', displayname: 'n' };
    assert.deepEqual(await set(mock, { color: '#ABCDEF', displayname: 'N' }, { before }), new Map());
  });

  it('is content with what was so before', async () => {
    const mock = server(COLOR, ok);
    assert.deepEqual(await set(mock, { color: '#112233' }, { before: { color: '#112233' } }), new Map());
  });
});

describe('not setting properties', () => {
  const gone: readonly (readonly [what: string, answer: Behaviour, look: Behaviour])[] = [
    ['404', status(404), ok],
    ['410', status(410), ok],
    ['207 with 404 inside (Xandikos 0.2.8)', multistatus(refused('http%3A//x/alice/work/', 404)), ok],
    ['207 as if it were there (DAViCal)', ok, status(404)],
    ['that it is something else now', ok, multistatus(found(WORK, FOLDER))],
  ];
  for (const [what, answer, look] of gone)
    it(`of a collection that is gone: ${what}`, () =>
      assert.rejects(
        set(new MockDav().on(`PROPPATCH ${WORK}`, answer).on(`PROPFIND ${WORK}`, look), { displayname: 'n' }),
        NotFoundError,
      ));

  const failures: readonly (readonly [what: string, answer: Behaviour, Class: Class])[] = [
    ['401', status(401), AuthError],
    ['423', status(423), ServerError],
    ['503', status(503, { 'retry-after': '600' }), ServerError],
    ['a broken connection', broken(), UnreachableError],
    ['a page for logging in', status(200, { 'content-type': 'text/html' }, '<html></html>'), ServerError],
  ];
  for (const [what, answer, Class] of failures)
    it(`fails with a ${Class.name} at ${what}, which is no matter of the property`, async () => {
      const mock = server(NAME, answer);
      await assert.rejects(set(mock, { displayname: 'n', color: '#112233' }), Class);
      assert.equal(sent(mock).length, 1);
    });

  it('where a right is missing, with the reason', async () => {
    const reasons = await set(server('', condition('need-privileges')), { displayname: 'n' });
    assert.match(reasons.get('displayname') ?? '', /need-privileges/);
  });

  it('where nothing may be written', async () => {
    const mock = server(NAME, ok);
    await assert.rejects(set(mock, { displayname: 'n' }, { fields: { readOnly: true } }), ReadOnlyError);
    assert.deepEqual(mock.seen, []);
  });
});
