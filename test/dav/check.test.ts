import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthError, ConfigError } from '../../src/core/errors.ts';
import { checkDav, type CheckStepName } from '../../src/dav/check.ts';
import { davOptions } from '../support/dav-options.ts';
import {
  type Behaviour,
  broken,
  FakeTiming,
  found,
  MockDav,
  multistatus,
  status,
} from '../support/mock-dav.ts';

const HOME_SET = '<c:calendar-home-set><d:href>/alice/</d:href></c:calendar-home-set>';
const CALENDAR = '<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>';

const told = (): Promise<string> => Promise.resolve('tops3cret');
const check = (mock: MockDav, password = told): ReturnType<typeof checkDav> =>
  checkDav(
    davOptions('calendar', new URL('https://dav.test/'), {
      transport: mock.transport,
      timing: new FakeTiming(),
      username: 'me',
      password,
    }),
  );

describe('checkDav', () => {
  it('tells what was found', async () => {
    const readOnly =
      '<d:current-user-privilege-set><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>';
    const mock = new MockDav()
      .on('PROPFIND /', multistatus(found('/', HOME_SET)))
      .on(
        'PROPFIND /alice/',
        multistatus(
          found('/alice/', ''),
          found('/alice/work/', CALENDAR),
          found('/alice/bob/', CALENDAR + readOnly),
        ),
      );
    const { ok, steps, lines } = await check(mock);
    assert.equal(ok, true);
    assert.deepEqual(
      steps.map(({ name }) => name),
      ['reach', 'log-in', 'account', 'collections'],
    );
    assert.equal(lines.at(-1), 'collections: 2 calendar(s): bob (read-only), work');
    assert.ok(mock.asked().every((asked) => asked.startsWith('PROPFIND ')));
  });

  it('tells a password that cannot be had from one that is refused, and asks nothing of the server', async () => {
    for (const error of [
      new ConfigError('the variable X is empty'),
      new AuthError('the command false failed'),
    ]) {
      const mock = new MockDav();
      const { steps } = await check(mock, () => Promise.reject(error));
      assert.deepEqual(
        steps.map(({ name, ok, detail }) => [name, ok, detail]),
        [['password', false, error.message]],
      );
      assert.deepEqual(mock.asked(), []);
    }
  });

  const failures: readonly (readonly [
    title: string,
    root: Behaviour,
    failed: CheckStepName,
    remedy: RegExp,
  ])[] = [
    ['a dead host', broken('ENOTFOUND'), 'reach', /check url/],
    ['a server in trouble', status(500), 'reach', /try again later/],
    ['a wrong password', status(401), 'log-in', /app password/],
    ['the wrong address', status(404), 'account', /set url/],
    ['a page of HTML', status(200, {}, '<html>'), 'account', /set url/],
    ['a home that fails', multistatus(found('/', HOME_SET)), 'collections', /try again later/],
  ];
  for (const [title, root, failed, remedy] of failures) {
    it(`names the step that fails at ${title}, and what to do`, async () => {
      const mock = new MockDav().on('PROPFIND /', root).on('PROPFIND /alice/', status(500));
      const { ok, steps, lines } = await check(mock);
      assert.equal(ok, false);
      assert.deepEqual(
        steps.filter((step) => !step.ok).map(({ name }) => name),
        [failed],
      );
      assert.equal(steps.at(-1)?.name, failed);
      assert.match(steps.at(-1)?.remedy ?? '', remedy);
      assert.doesNotMatch(lines.join('\n'), /tops3cret/);
    });
  }

  it('refuses a root certificate that is none', async () => {
    for (const tlsRoot of ['', 'nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])
      await assert.rejects(
        checkDav(davOptions('calendar', new URL('https://dav.test/'), { tlsRoot })),
        ConfigError,
      );
  });
});
