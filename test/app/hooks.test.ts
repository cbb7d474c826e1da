import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { VdirStorageConfig } from '../../src/config/config.ts';
import { Hooks } from '../../src/app/hooks.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { type Change, NOTHING_DONE, type PairReport, pairReport } from '../../src/sync/report.ts';
import { DAV, interpret, PAIR, VDIR } from '../support/config-texts.ts';
import { tempDir } from '../support/temp-dir.ts';

let folder: string;
let close: () => Promise<void>;
beforeEach(async () => ({ path: folder, close } = await tempDir()));
afterEach(() => close());

/** A script of the test's folder; `$1` and so on are its arguments. */
async function script(name: string, body: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\ncd "$(dirname "$0")"\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

const said = (file: string): Promise<string> => readFile(join(folder, file), 'utf8').catch(() => '');

const change = (type: Change['type'], on: Change['on'], more: Partial<Change> = {}): Change => ({
  type,
  on,
  uid: '1',
  title: 'Tea',
  href: '1.ics',
  ...more,
});

const reportOf = (...changes: readonly Change[]): PairReport =>
  pairReport({
    pair: 'p',
    dryRun: false,
    collections: [{ ...NOTHING_DONE, name: 'work', outcome: 'synced', changes }],
  });

interface Setup {
  readonly onChange?: string;
  readonly postHook?: string;
  readonly preDeletionHook?: string;
  readonly more?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly log?: typeof silentLogger;
}

function setUp({
  onChange,
  postHook,
  preDeletionHook,
  more = '',
  env = process.env,
  log = silentLogger,
}: Setup) {
  const line = (key: string, value: string | undefined): string =>
    value === undefined ? '' : `${key} = ${JSON.stringify(value)}\n`;
  const vdir = VDIR + line('post_hook', postHook) + line('pre_deletion_hook', preDeletionHook);
  const config = interpret(DAV + more + vdir + PAIR + line('on_change', onChange));
  const hooks = new Hooks({ config, env, log });
  const pair = config.pairs.get('p');
  const local = config.storages.get('local') as VdirStorageConfig;
  assert.ok(pair);
  return {
    vdir: hooks.ofVdir(local),
    afterRun: (report: PairReport, signal?: AbortSignal) => hooks.afterRun(pair, report, signal),
  };
}

describe('on_change', () => {
  it('gets one line of JSON for each item that was changed', async () => {
    const { afterRun } = setUp({ onChange: await script('hook', 'cat > got') });
    const changes = [
      change('create', 'b'),
      change('update', 'a', { title: 'Zwei\nZeilen "ü"', href: '/dav/x%20y.ics' }),
      change('remove', 'b', { uid: undefined, title: undefined }),
    ];
    assert.deepEqual(await afterRun(reportOf(...changes)), []);
    const lines = (await said('got')).trimEnd().split('\n');
    const common = { pair: 'p', collection: 'work' };
    const [local, dav] = [
      { side: 'b', storage: 'local' },
      { side: 'a', storage: 'dav' },
    ];
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [
        { ...common, ...local, action: 'created', href: '1.ics', uid: '1', summary: 'Tea' },
        {
          ...common,
          ...dav,
          action: 'updated',
          href: '/dav/x%20y.ics',
          uid: '1',
          summary: 'Zwei\nZeilen "ü"',
        },
        { ...common, ...local, action: 'deleted', href: '1.ics', uid: null, summary: null },
      ],
    );
  });

  it('is not called where nothing was changed', async () => {
    const { afterRun } = setUp({ onChange: await script('hook', 'echo called > got') });
    assert.deepEqual(await afterRun(reportOf()), []);
    assert.equal(await said('got'), '');
  });

  it('that fails is told of, without its arguments', async () => {
    const hook = await script('hook', 'echo secret; exit 3');
    const logged: string[] = [];
    const log = { ...silentLogger, debug: (fields: object) => void logged.push(JSON.stringify(fields)) };
    const { afterRun } = setUp({ onChange: hook, log });
    assert.deepEqual(await afterRun(reportOf(change('create', 'a'))), [
      `on_change ${hook} failed: exit status 3`,
    ]);
    assert.match(logged.join('\n'), /"output":"secret".*"failure":"exit status 3"/);
  });

  it('has no password of the configuration in its environment', async () => {
    const { afterRun } = setUp({
      onChange: await script('hook', 'env > got'),
      more: 'username = "me"\npassword = { env = "DAV_PW" }\n',
      env: { PATH: process.env['PATH'], DAV_PW: 'hunter2', PIMSYNC_PASSWORD: 'hunter3', COLOR: 'blue' },
    });
    assert.deepEqual(await afterRun(reportOf(change('create', 'a'))), []);
    const env = await said('got');
    assert.match(env, /^COLOR=blue$/m);
    assert.doesNotMatch(env, /hunter|DAV_PW|PIMSYNC_PASSWORD/);
  });

  it('of one pair is not called twice at once', async () => {
    const body = 'mkdir busy || exit 9; read line; echo "$line" >> got; rmdir busy';
    const { afterRun } = setUp({ onChange: await script('hook', body) });
    const runs = Array.from({ length: 8 }, () => afterRun(reportOf(change('create', 'a'))));
    assert.deepEqual((await Promise.all(runs)).flat(), []);
    assert.equal((await said('got')).trimEnd().split('\n').length, 8);
  });
});

describe('post_hook and pre_deletion_hook', () => {
  it('get the path as their last argument, and nothing to read', async () => {
    const { vdir } = setUp({
      postHook: await script('post', 'cat; echo "post $#: $*" >> got'),
      preDeletionHook: await script('pre', 'echo "pre $#: $*" >> got'),
    });
    await vdir?.written('/v/work/a b.ics', undefined);
    await vdir?.beforeRemoval('/v/work/c.ics', undefined);
    assert.equal(await said('got'), 'post 1: /v/work/a b.ics\npre 1: /v/work/c.ics\n');
  });

  it('are called only where they are configured', async () => {
    assert.equal(setUp({}).vdir, undefined);
    const { vdir } = setUp({ postHook: await script('post', 'echo "$1" >> got') });
    await vdir?.beforeRemoval('/v/1.ics', undefined);
    await vdir?.written('/v/2.ics', undefined);
    assert.equal(await said('got'), '/v/2.ics\n');
  });

  it('that fail are told of in the report of the pair, once each, and then forgotten', async () => {
    const post = await script('post', 'exit 2');
    const pre = join(folder, 'missing');
    const { vdir, afterRun } = setUp({ postHook: post, preDeletionHook: pre });
    for (const name of ['1', '2', '3']) await vdir?.written(`/v/${name}.ics`, undefined);
    await vdir?.beforeRemoval('/v/4.ics', undefined);
    assert.deepEqual(await afterRun(reportOf()), [
      `storage "local": post_hook ${post} failed: exit status 2 (3 times)`,
      `storage "local": pre_deletion_hook ${pre} failed: it is not there or not executable (ENOENT)`,
    ]);
    assert.deepEqual(await afterRun(reportOf()), []);
  });

  it('of one storage are not called twice at once', async () => {
    const { vdir, afterRun } = setUp({ postHook: await script('post', 'mkdir busy || exit 9; rmdir busy') });
    assert.ok(vdir);
    await Promise.all(Array.from({ length: 8 }, (_, n) => vdir.written(`/v/${n}.ics`, undefined)));
    assert.deepEqual(await afterRun(reportOf()), []);
  });
});
