import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthError,
  ConfigError,
  NotFoundError,
  PimsyncError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import { createDavStorage } from '../../src/dav/storage.ts';
import { davOptions, MemoryMemo } from '../support/dav-options.ts';
import { broken, FakeTiming, found, MockDav, multistatus, refused, status } from '../support/mock-dav.ts';
import { CALENDAR, FOLDER, principal, homes, storageAt, usual, ids } from '../support/mock-account.ts';

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

  it('does not look elsewhere when there is no password', async () => {
    const mock = new MockDav();
    const password = (): Promise<string> => Promise.reject(new ConfigError('the variable X is empty'));
    const storage = createDavStorage(
      davOptions('calendar', new URL('https://dav.test/'), {
        transport: mock.transport,
        timing: new FakeTiming(),
        username: 'me',
        password,
      }),
    );
    await assert.rejects(storage.discover(), { code: 'config', message: 'the variable X is empty' });
    assert.deepEqual(mock.asked(), []);
  });

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
