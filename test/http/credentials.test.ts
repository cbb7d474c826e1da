import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthError, ServerError } from '../../src/core/errors.ts';
import { basicCredentials } from '../../src/http/credentials.ts';
import type { Manner } from '../../src/http/guarded-fetch.ts';
import { type Logger, silentLogger } from '../../src/lib/logger.ts';
import { status } from '../support/mock-dav.ts';
import { ITEM, setup, requestOf, conditional } from '../support/guard.ts';

describe('credentials', () => {
  it('are sent in UTF-8, with the configured headers', async () => {
    const { mock, guard } = setup();
    await guard.send(requestOf('GET'), ITEM);
    const [seen] = mock.seen;
    assert.equal(seen?.headers['authorization'], `Basic ${Buffer.from('me:pässword').toString('base64')}`);
    assert.equal(seen?.headers['x-key'], 'configured');
    assert.equal(seen?.headers['user-agent'], 'pimsync-test');
  });

  it('count as secrets, as do configured headers that may hold a key', async () => {
    const headers = new Map([
      ['x-key', 'tops3cret-token'],
      ['x-mode', 'compat'],
    ]);
    const { guard } = setup({ headers });
    await guard.send(requestOf('GET'), ITEM);
    assert.ok(guard.secrets().includes('pässword'));
    assert.ok(guard.secrets().includes('tops3cret-token'));
    assert.ok(!guard.secrets().includes('compat'));
  });

  it('are asked for once, and not before they are needed', async () => {
    let asked = 0;
    const password = (): Promise<string> => Promise.resolve(`secret ${(asked += 1)}`);
    const { guard } = setup({ credentials: basicCredentials('me', password) });
    assert.equal(asked, 0);
    await Promise.all([guard.send(requestOf('GET'), ITEM), guard.send(requestOf('GET'), ITEM)]);
    assert.equal(asked, 1);
  });

  it('are asked for anew after that failed', async () => {
    let asked = 0;
    const password = async (): Promise<string> => {
      asked += 1;
      if (asked === 1) throw new AuthError('the agent is locked');
      return 'secret';
    };
    const { mock, guard } = setup({ credentials: basicCredentials('me', password) });
    await assert.rejects(guard.send(requestOf('GET'), ITEM), /the agent is locked/);
    assert.equal(mock.seen.length, 0);
    await guard.send(requestOf('GET'), ITEM);
    await guard.send(requestOf('GET'), ITEM);
    assert.equal(asked, 2);
    assert.ok(guard.secrets().includes('secret'));
  });

  it('are asked for once by requests that fail together', async () => {
    let asked = 0;
    const password = async (): Promise<string> => {
      asked += 1;
      throw new AuthError('the agent is locked');
    };
    const { guard } = setup({ credentials: basicCredentials('me', password) });
    const both = [guard.send(requestOf('GET'), ITEM), guard.send(requestOf('GET'), ITEM)];
    const results = await Promise.allSettled(both);
    assert.deepEqual(
      results.map(({ status: outcome }) => outcome),
      ['rejected', 'rejected'],
    );
    assert.equal(asked, 1);
  });

  const elsewhere: readonly (readonly [title: string, url: string, manner: Manner, sent: boolean])[] = [
    ['another port', 'https://dav.test:8443/x', ITEM, false],
    ['another domain', 'https://evil.test/x', { ...ITEM, discovery: true }, false],
    ['a neighbour', 'https://p1.dav.test/x', ITEM, false],
    [
      'a neighbour, while looking for the account',
      'https://p1.dav.test/x',
      { ...ITEM, discovery: true },
      true,
    ],
  ];
  for (const [title, url, manner, sent] of elsewhere) {
    it(`are ${sent ? '' : 'not '}sent to ${title}`, async () => {
      const { mock, guard } = setup();
      const { authorized } = await guard.send(requestOf('PROPFIND', url), manner);
      assert.equal('authorization' in (mock.seen[0]?.headers ?? {}), sent);
      assert.equal('x-key' in (mock.seen[0]?.headers ?? {}), sent);
      assert.equal(authorized, sent);
    });
  }

  it('are sent to a neighbour where the account was found', async () => {
    const { mock, guard } = setup();
    guard.trust(new URL('https://p1.dav.test/alice/'));
    guard.trust(new URL('https://evil.test/alice/'));
    await guard.send(requestOf('GET', 'https://p1.dav.test/x'), ITEM);
    await guard.send(requestOf('GET', 'https://evil.test/x'), ITEM);
    assert.deepEqual(
      mock.seen.map(({ headers }) => 'authorization' in headers),
      [true, false],
    );
  });

  it('never reach the log', async () => {
    const lines: string[] = [];
    const note = (fields: object, message: string): void => void lines.push(JSON.stringify(fields) + message);
    const log: Logger = { ...silentLogger, debug: note, info: note, warn: note, error: note };
    const { mock, guard } = setup({ log });
    mock.on('GET /x', status(401, { 'www-authenticate': 'Basic' }));
    await guard.send(requestOf('GET'), ITEM);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /"method":"GET","path":"\/x","status":401,"bytes":0,"ms":0/);
    assert.doesNotMatch(lines.join(''), /pässword|Basic|configured/);
  });
});

describe('redirects', () => {
  it('are followed with method and body', async () => {
    for (const code of [301, 302, 303, 307, 308]) {
      const { mock, guard } = setup();
      mock.on('PUT /x', status(code, { location: '/y' })).on('PUT /y', status(201));
      assert.equal((await guard.send(conditional, ITEM)).answer.status, 201);
      assert.deepEqual(
        mock.seen.map(({ path, body }) => `${path} ${body}`),
        ['/x text', '/y text'],
      );
    }
  });

  it('tell where the answer came from at last', async () => {
    const { mock, guard } = setup();
    mock.on('PROPFIND /x', status(301, { location: 'https://dav.test/y/' })).on('PROPFIND /y/', status(207));
    assert.equal((await guard.send(requestOf('PROPFIND'), ITEM)).answer.url.href, 'https://dav.test/y/');
  });

  it('to another host are followed without credentials', async () => {
    const { mock, guard } = setup();
    mock.on('PROPFIND https://dav.test/x', status(302, { location: 'https://evil.test/' }));
    mock.on('PROPFIND https://evil.test/', status(401));
    const exchange = await guard.send(requestOf('PROPFIND'), { ...ITEM, discovery: true });
    assert.equal(exchange.authorized, false);
    assert.equal(mock.seen[1]?.headers['authorization'], undefined);
    assert.equal(mock.seen[1]?.headers['x-key'], undefined);
  });

  it('to another host are not followed with a write', async () => {
    const { mock, guard } = setup();
    mock.on('PUT /x', status(307, { location: 'https://evil.test/x' }));
    await assert.rejects(guard.send(conditional, ITEM), /another server; nothing is written there/);
    assert.equal(mock.seen.length, 1);
  });

  it('out of encryption are not followed', async () => {
    const { mock, guard } = setup();
    mock.on('PROPFIND /x', status(301, { location: 'http://dav.test/x' }));
    await assert.rejects(guard.send(requestOf('PROPFIND'), ITEM), /not encrypted/);
    assert.equal(mock.seen.length, 1);
  });

  it('to other protocols are not followed', async () => {
    const { mock, guard } = setup();
    mock.on('GET /x', status(301, { location: 'file:///etc/passwd' }));
    await assert.rejects(guard.send(requestOf('GET'), ITEM), ServerError);
  });

  it('in a circle come to an end', async () => {
    const { mock, guard } = setup();
    mock.on('GET /x', status(302, { location: '/y' })).on('GET /y', status(302, { location: '/x' }));
    await assert.rejects(guard.send(requestOf('GET'), ITEM), /redirected more than 5 times/);
    assert.equal(mock.seen.length, 6);
  });

  it('that lead nowhere are an answer', async () => {
    for (const location of [undefined, 'https://[']) {
      const { mock, guard } = setup();
      mock.on('GET /x', status(302, location === undefined ? {} : { location }));
      assert.equal((await guard.send(requestOf('GET'), ITEM)).answer.status, 302);
    }
  });
});
