import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  NotFoundError,
  PimsyncError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import type { CollectionInfo, Storage } from '../../src/core/storage.ts';
import { createDavStorage, type DavStorageOptions } from '../../src/dav/storage.ts';
import { davOptions, MemoryMemo } from '../support/dav-options.ts';
import { broken, FakeTiming, found, MockDav, multistatus, refused, status } from '../support/mock-dav.ts';

const CALENDAR = '<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>';
const BOOK = '<d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>';
const FOLDER = '<d:resourcetype><d:collection/></d:resourcetype>';
const principal = (href: string): string =>
  `<d:current-user-principal><d:href>${href}</d:href></d:current-user-principal>`;
const homes = (...hrefs: readonly string[]): string =>
  `<c:calendar-home-set>${hrefs.map((href) => `<d:href>${href}</d:href>`).join('')}</c:calendar-home-set>`;

function storageAt(url: string, mock: MockDav, fields: Partial<DavStorageOptions> = {}): Storage {
  const options = {
    transport: mock.transport,
    timing: new FakeTiming(),
    username: 'alice',
    password: () => Promise.resolve('x'),
  };
  return createDavStorage(davOptions('calendar', new URL(url), { ...options, ...fields }));
}

/** A server as most are: root names the principal, the principal the home, the home has one calendar. */
const usual = (): MockDav =>
  new MockDav()
    .on('PROPFIND /', multistatus(found('/', principal('/principals/alice/'))))
    .on('PROPFIND /principals/alice/', multistatus(found('/principals/alice/', homes('/alice/'))))
    .on('PROPFIND /alice/', multistatus(found('/alice/', FOLDER), found('/alice/work/', CALENDAR)));

const ids = (infos: readonly CollectionInfo[]): string[] => infos.map(({ id }) => id);

describe('finding an account', () => {
  const starts: readonly (readonly [
    title: string,
    url: string,
    prepare: (mock: MockDav) => MockDav,
    requests: number,
  ])[] = [
    ['the root of the host', 'https://dav.test/', (mock) => mock, 3],
    ['the principal', 'https://dav.test/principals/alice/', (mock) => mock, 2],
    [
      'the home',
      'https://dav.test/alice/',
      (mock) =>
        mock.on(
          'PROPFIND /alice/',
          multistatus(found('/alice/', FOLDER + principal('/principals/alice/'))),
          multistatus(found('/alice/', FOLDER), found('/alice/work/', CALENDAR)),
        ),
      3,
    ],
    [
      'a calendar',
      'https://dav.test/alice/work/',
      (mock) =>
        mock.on(
          'PROPFIND /alice/work/',
          multistatus(found('/alice/work/', CALENDAR + principal('/principals/alice/'))),
        ),
      3,
    ],
    [
      'the well-known address, when the URL says nothing',
      'https://dav.test/start',
      (mock) => mock.on('PROPFIND /.well-known/caldav', status(301, { location: '/' })),
      6,
    ],
    [
      'a URL that lacks its slash',
      'https://dav.test/dav',
      (mock) => mock.on('PROPFIND /dav/', multistatus(found('/dav/', principal('/principals/alice/')))),
      4,
    ],
  ];
  for (const [title, url, prepare, requests] of starts) {
    it(`starts from ${title}`, async () => {
      const mock = prepare(usual());
      assert.deepEqual(ids(await storageAt(url, mock).discover()), ['work']);
      assert.equal(mock.seen.length, requests, mock.asked().join('\n'));
    });
  }

  it('costs one request when nothing has moved, also in the next process', async () => {
    const mock = usual();
    const memo = new MemoryMemo();
    await storageAt('https://dav.test/', mock, { memo }).discover();
    mock.seen.length = 0;
    const later = storageAt('https://dav.test/', mock, { memo });
    assert.deepEqual(ids(await later.discover()), ['work']);
    assert.deepEqual(ids(await later.discover()), ['work']);
    assert.deepEqual(mock.asked(), ['PROPFIND /alice/', 'PROPFIND /alice/']);
    assert.equal(mock.seen[0]?.headers['depth'], '1');
  });

  for (const code of [403, 404, 405, 410]) {
    it(`looks anew when the remembered home answers ${code}`, async () => {
      const mock = usual();
      const storage = storageAt('https://dav.test/', mock);
      await storage.discover();
      mock.on('PROPFIND /alice/', status(code));
      mock.on('PROPFIND /principals/alice/', multistatus(found('/p', homes('/new/'))));
      mock.on('PROPFIND /new/', multistatus(found('/new/', FOLDER), found('/new/moved/', CALENDAR)));
      assert.deepEqual(ids(await storage.discover()), ['moved']);
    });
  }

  it('does not look elsewhere when the server is in trouble or the password is wrong', async () => {
    for (const code of [401, 500, 503]) {
      const mock = usual();
      const storage = storageAt('https://dav.test/', mock);
      await storage.discover();
      mock.on('PROPFIND /alice/', status(code));
      mock.on('PROPFIND /', () => assert.fail('looked anew'));
      await assert.rejects(storage.discover(), PimsyncError);
    }
  });

  it('forgets what it found from another URL or for another user', async () => {
    const mock = usual();
    const memo = new MemoryMemo();
    await storageAt('https://dav.test/', mock, { memo }).discover();
    mock.seen.length = 0;
    await storageAt('https://dav.test/', mock, { memo, username: 'bob' }).discover();
    assert.equal(mock.asked()[0], 'PROPFIND /');
  });

  it('is not led astray by a damaged memory', async () => {
    for (const damaged of [
      '',
      '{',
      'null',
      '[]',
      '{"from":"alice https://dav.test/","places":[7,{"type":"x","url":"y"}]}',
    ]) {
      const memo = new MemoryMemo();
      memo.set('places', damaged);
      assert.deepEqual(ids(await storageAt('https://dav.test/', usual(), { memo }).discover()), ['work']);
    }
  });

  it('takes several homes', async () => {
    const mock = usual()
      .on('PROPFIND /principals/alice/', multistatus(found('/p', homes('/alice/', '/team/'))))
      .on('PROPFIND /team/', multistatus(found('/team/', FOLDER), found('/team/plans/', CALENDAR)));
    assert.deepEqual(ids(await storageAt('https://dav.test/', mock).discover()), ['work', 'plans']);
  });

  it('gives two collections of one name different ids, whatever the order of the homes', async () => {
    for (const order of [
      ['/alice/', '/team/'],
      ['/team/', '/alice/'],
    ]) {
      const mock = usual()
        .on('PROPFIND /principals/alice/', multistatus(found('/p', homes(...order))))
        .on('PROPFIND /team/', multistatus(found('/team/', FOLDER), found('/team/work/', CALENDAR)));
      const infos = await storageAt('https://dav.test/', mock).discover();
      assert.deepEqual(Object.fromEntries(infos.map(({ id, href }) => [id, href])), {
        work: '/alice/work/',
        'work-team': '/team/work/',
      });
    }
  });

  it('takes a calendar that lies outside of the home beside those in it', async () => {
    const mock = usual().on(
      'PROPFIND /shared/x/',
      multistatus(found('/shared/x/', CALENDAR + principal('/principals/alice/'))),
    );
    assert.deepEqual(ids(await storageAt('https://dav.test/shared/x/', mock).discover()), ['work', 'x']);
  });

  it('works without principals, from a calendar', async () => {
    const mock = new MockDav().on('PROPFIND /cal/x/', multistatus(found('/cal/x/', CALENDAR)));
    assert.deepEqual(ids(await storageAt('https://dav.test/cal/x/', mock).discover()), ['x']);
  });

  it('works without principals, from a folder of calendars', async () => {
    const mock = new MockDav().on(
      'PROPFIND /cal/',
      multistatus(found('/cal/', FOLDER), found('/cal/x/', CALENDAR)),
    );
    assert.deepEqual(ids(await storageAt('https://dav.test/cal', mock).discover()), ['x']);
  });

  it('keeps a principal without a slash as it is (Google)', async () => {
    const mock = usual()
      .on('PROPFIND /', multistatus(found('/', principal('/v2/me@x.org/user'))))
      .on('PROPFIND /v2/me%40x.org/user', multistatus(found('/v2/me@x.org/user', homes('/alice'))));
    assert.deepEqual(ids(await storageAt('https://dav.test/', mock).discover()), ['work']);
  });

  it('takes credentials along to the account in the same domain (iCloud)', async () => {
    const mock = new MockDav()
      .on('PROPFIND https://caldav.icloud.com/', multistatus(found('/', principal('/123/principal/'))))
      .on(
        'PROPFIND https://caldav.icloud.com/123/principal/',
        multistatus(found('/123/principal/', homes('https://p12-caldav.icloud.com:443/123/calendars/'))),
      )
      .on(
        'PROPFIND https://p12-caldav.icloud.com/123/calendars/',
        multistatus(found('/123/calendars/', FOLDER), found('/123/calendars/work/', CALENDAR)),
      )
      .on(
        'REPORT https://p12-caldav.icloud.com/123/calendars/work/',
        multistatus('<d:sync-token>1</d:sync-token>'),
      );
    const memo = new MemoryMemo();
    const first = storageAt('https://caldav.icloud.com/', mock, { memo });
    const second = storageAt('https://caldav.icloud.com/', mock, { memo });
    for (const storage of [first, second]) {
      const [info] = await storage.discover();
      assert.ok(info);
      assert.equal(info.href, '/123/calendars/work/');
      assert.equal((await storage.open(info).changes(undefined)).complete, true);
    }
    assert.ok(mock.seen.every(({ headers }) => 'authorization' in headers));
  });

  it('never takes them to another domain', async () => {
    const mock = new MockDav()
      .on('PROPFIND https://dav.test/', multistatus(found('/', principal('https://evil.example/p/'))))
      .on('PROPFIND https://evil.example/p/', multistatus(found('/p/', homes('/home/'))))
      .on('PROPFIND https://evil.example/home/', multistatus(found('/home/', FOLDER)));
    await storageAt('https://dav.test/', mock).discover();
    assert.deepEqual(
      mock.seen.map(({ url, headers }) => [new URL(url).host, 'authorization' in headers]),
      [
        ['dav.test', true],
        ['evil.example', false],
        ['evil.example', false],
      ],
    );
  });
});

describe('finding no account', () => {
  it('tells all that was tried, and what to do', async () => {
    const mock = new MockDav().on('PROPFIND /', multistatus(found('/', FOLDER)));
    await assert.rejects(storageAt('https://dav.test/dav', mock).discover(), (error) => {
      assert.ok(error instanceof NotFoundError);
      for (const part of [
        'https://dav.test/dav',
        '/dav:',
        '/dav/:',
        '/.well-known/caldav:',
        '/: names neither',
        'give the URL',
      ])
        assert.ok(error.message.includes(part), `${part} in ${error.message}`);
      return true;
    });
  });

  it('ends at once when the password is wrong', async () => {
    const mock = new MockDav().on('PROPFIND /', status(401));
    await assert.rejects(storageAt('https://dav.test/', mock).discover(), AuthError);
    assert.equal(mock.seen.length, 1);
  });

  it('ends at once when nobody is there', async () => {
    const mock = new MockDav().on('PROPFIND /', broken('ECONNREFUSED'));
    await assert.rejects(storageAt('https://dav.test/', mock).discover(), UnreachableError);
    assert.equal(mock.seen.length, 1);
  });

  it('is something passing when the server is in trouble', async () => {
    const mock = new MockDav().on('PROPFIND /', status(503, { 'retry-after': '600' }));
    await assert.rejects(storageAt('https://dav.test/', mock).discover(), (error) => {
      assert.ok(error instanceof ServerError && error.retryable);
      assert.equal(error.retryAfterSeconds, 600);
      return true;
    });
  });

  it('is not taken for an account without calendars', async () => {
    const failures = [
      status(200, { 'content-type': 'text/html' }, '<html></html>'),
      status(207, { 'content-type': 'text/html' }, '<html></html>'),
      status(204),
      status(403),
      status(404),
      status(500),
      multistatus(),
      multistatus(refused('/alice/', 404)),
    ];
    for (const failure of failures) {
      const mock = usual().on('PROPFIND /alice/', failure);
      await assert.rejects(storageAt('https://dav.test/', mock).discover(), PimsyncError);
    }
  });
});

describe('the collections of a home', () => {
  const listing = async (...responses: readonly string[]): Promise<readonly CollectionInfo[]> =>
    storageAt(
      'https://dav.test/',
      usual().on('PROPFIND /alice/', multistatus(found('/alice/', FOLDER), ...responses)),
    ).discover();

  it('come with all that the server tells of them', async () => {
    const [info] = await listing(
      found(
        '/alice/w%c3%b6rk/',
        `${CALENDAR}<d:displayname><![CDATA[2024]]></d:displayname><a:calendar-color>#11AA7fFF</a:calendar-color>` +
          '<c:calendar-description>1.50</c:calendar-description><a:calendar-order>3</a:calendar-order>' +
          '<cs:getctag>42</cs:getctag><d:sync-token>t</d:sync-token>',
      ),
    );
    assert.deepEqual(info, {
      id: 'wörk',
      href: '/alice/w%C3%B6rk/',
      kind: 'calendar',
      readOnly: false,
      properties: { displayname: '2024', color: '#11AA7f', description: '1.50', order: '3' },
      state: '42',
    });
  });

  it('have no properties but those that make sense', async () => {
    const [info] = await listing(
      found(
        '/alice/x/',
        `${CALENDAR}<d:displayname/><a:calendar-color>red</a:calendar-color><a:calendar-order>first</a:calendar-order>`,
      ),
    );
    assert.deepEqual(info?.properties, {});
    assert.equal('state' in info, false);
  });

  it('have the sync token for their state where there is no ctag', async () => {
    const [info] = await listing(found('/alice/x/', `${CALENDAR}<d:sync-token>9</d:sync-token>`));
    assert.equal(info?.state, '9');
  });

  const privileges = (...names: readonly string[]): string =>
    `<d:current-user-privilege-set>${names.map((name) => `<d:privilege><d:${name}/></d:privilege>`).join('')}</d:current-user-privilege-set>`;
  const rights: readonly (readonly [title: string, xml: string, readOnly: boolean])[] = [
    ['nothing said', '', false],
    ['read alone', privileges('read', 'read-current-user-privilege-set'), true],
    ['no privilege', privileges(), true],
    ['all', privileges('all'), false],
    ['write', privileges('read', 'write'), false],
    ['write-content alone', privileges('write-content'), false],
    ['bind alone', privileges('bind'), false],
    ['write-properties alone', privileges('write-properties'), true],
  ];
  for (const [title, xml, readOnly] of rights) {
    it(`${readOnly ? 'do not take' : 'take'} writes with ${title}`, async () => {
      const [info] = await listing(found('/alice/x/', CALENDAR + xml));
      assert.equal(info?.readOnly, readOnly);
    });
  }

  const components = (...names: readonly string[]): string =>
    `<c:supported-calendar-component-set>${names.map((name) => `<c:comp name="${name}"/>`).join('')}</c:supported-calendar-component-set>`;
  const kinds: readonly (readonly [title: string, xml: string, wanted: boolean])[] = [
    ['a calendar', CALENDAR, true],
    ['an address book', BOOK, false],
    ['a folder', FOLDER, false],
    ['no type', '', false],
    ['an inbox', '<d:resourcetype><d:collection/><c:calendar/><c:schedule-inbox/></d:resourcetype>', false],
    ['an outbox', '<d:resourcetype><d:collection/><c:schedule-outbox/></d:resourcetype>', false],
    ['a calendar of to-dos', CALENDAR + components('VTODO'), true],
    ['a calendar of journals, in lower case', CALENDAR + components('vjournal'), true],
    ['a calendar that names no component', CALENDAR + components(), true],
    ['a calendar of availabilities', CALENDAR + components('VAVAILABILITY', 'VPOLL'), false],
    [
      'a calendar of another namespace',
      '<d:resourcetype><d:collection/><x:calendar xmlns:x="urn:x"/></d:resourcetype>',
      false,
    ],
  ];
  for (const [title, xml, wanted] of kinds)
    it(`${wanted ? 'have' : 'do not have'} ${title} among them`, async () => {
      assert.equal((await listing(found('/alice/x/', xml))).length, wanted ? 1 : 0);
    });

  it('are listed once, and under their own path, whatever the server writes', async () => {
    const infos = await listing(
      found('https://dav.test/alice/a%40b', CALENDAR),
      found('/alice/a@b/', CALENDAR),
      found('http://inner:8080/alice/c/', CALENDAR),
      found('https://evil.test/mallory/', CALENDAR),
      found('/alice/../bob/', CALENDAR),
    );
    assert.deepEqual(
      infos.map(({ href }) => href),
      ['/alice/a%40b/', '/alice/c/'],
    );
  });

  it('leave out what is gone, but fail when one cannot be looked at', async () => {
    assert.deepEqual(ids(await listing(refused('/alice/gone/', 404), found('/alice/x/', CALENDAR))), ['x']);
    await assert.rejects(listing(refused('/alice/y/', 403), found('/alice/x/', CALENDAR)), /\/alice\/y\//);
    await assert.rejects(listing(found('/alice/y/', '<d:resourcetype/>', 500)), /\/alice\/y\//);
  });

  it('are read-only when the storage is', async () => {
    const mock = usual();
    const storage = storageAt('https://dav.test/', mock, { readOnly: true });
    assert.equal((await storage.discover())[0]?.readOnly, true);
  });

  it('are address books for CardDAV', async () => {
    const mock = new MockDav()
      .on(
        'PROPFIND /',
        multistatus(
          found('/', '<card:addressbook-home-set><d:href>/alice/</d:href></card:addressbook-home-set>'),
        ),
      )
      .on(
        'PROPFIND /alice/',
        multistatus(
          found('/alice/', FOLDER),
          found('/alice/work/', CALENDAR),
          found('/alice/friends/', `${BOOK}<card:addressbook-description>d</card:addressbook-description>`),
        ),
      );
    const options = davOptions('contact', new URL('https://dav.test/'), { transport: mock.transport });
    const [info, ...more] = await createDavStorage(options).discover();
    assert.equal(info?.id, 'friends');
    assert.equal(info.kind, 'contact');
    assert.deepEqual(info.properties, { description: 'd' });
    assert.deepEqual(more, []);
  });
});
