import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { resolveSecret, type ResolveOptions } from '../../src/config/resolve-secret.ts';
import { Secret, type SecretSource } from '../../src/config/secret.ts';
import { AuthError, ConfigError, type PimsyncError } from '../../src/core/errors.ts';
import { tempDir } from '../support/temp-dir.ts';

let folder: string;
let close: () => Promise<void>;
beforeEach(async () => ({ path: folder, close } = await tempDir()));
afterEach(() => close());

const env = { PATH: process.env['PATH'], PW: 'hunter2', EMPTY: '' };

const reveal = async (source: SecretSource, options: Partial<ResolveOptions> = {}): Promise<string> =>
  (await resolveSecret(source, { storage: 'dav', env, ...options })).reveal();

const shell = (script: string): SecretSource => ({ type: 'shell', script });

describe('resolveSecret', () => {
  it('takes a text as it is', async () => {
    assert.equal(await reveal({ type: 'text', secret: new Secret(' a\nb ') }), ' a\nb ');
  });

  it('takes what a command prints, without the line break at its end', async () => {
    assert.equal(await reveal({ type: 'command', argv: ['printf', '%s\\n', 'hunter2 '] }), 'hunter2 ');
    assert.equal(await reveal(shell('printf "hunter2\\r\\n"')), 'hunter2');
  });

  it('takes no word of a command for shell language', async () => {
    assert.equal(await reveal({ type: 'command', argv: ['echo', '$PW; *'] }), '$PW; *');
  });

  it('gives a command the environment, and no input to wait for', async () => {
    assert.equal(await reveal(shell('cat; echo "$PW"')), 'hunter2');
  });

  it('runs commands in /, so that they hold no folder of a mount', async () => {
    assert.equal(await reveal({ type: 'command', argv: ['pwd'] }), '/');
  });

  it('takes the content of a file', async () => {
    const path = join(folder, 'pw');
    await writeFile(path, 'hunter2\n');
    assert.equal(await reveal({ type: 'file', path }), 'hunter2');
  });

  it('takes the value of a variable', async () => {
    assert.equal(await reveal({ type: 'env', variable: 'PW' }), 'hunter2');
  });

  it('asks, naming the storage', async () => {
    const prompt = async (question: string): Promise<string> => `answer to ${question}`;
    assert.equal(await reveal({ type: 'prompt' }, { prompt }), 'answer to Password for storage "dav": ');
  });
});

describe('a secret that cannot be had', () => {
  const nobody = async (): Promise<string> => '';
  type Failure = new (message: string) => PimsyncError;
  const cases: [rule: string, source: SecretSource, Failure: Failure, message: RegExp][] = [
    [
      'a command that is not there',
      { type: 'command', argv: ['no-such-program', 'hunter2'] },
      ConfigError,
      /no-such-program.*ENOENT/,
    ],
    ['a command that fails', shell('echo hunter2; exit 3'), AuthError, /exit status 3.*run it by hand/],
    ['a command that is killed', shell('echo hunter2; kill -TERM $$'), AuthError, /SIGTERM/],
    ['a command that complains', shell('echo hunter2 >&2; exit 1'), AuthError, /exit status 1/],
    ['a command that prints nothing', shell('true'), AuthError, /is empty/],
    ['a command that prints an empty line', shell('echo'), AuthError, /is empty/],
    [
      'a command that prints several lines',
      shell('echo hunter2; echo login: me'),
      AuthError,
      /several lines.*head -n 1/,
    ],
    ['a command that prints no text', shell('printf "hunter2\\377"'), AuthError, /not UTF-8/],
    ['a command that never stops printing', shell('yes hunter2'), AuthError, /more than any password/],
    ['a file that is not there', { type: 'file', path: '/nowhere/pw' }, ConfigError, /\/nowhere\/pw.*ENOENT/],
    ['a file that is a folder', { type: 'file', path: '/' }, ConfigError, /EISDIR/],
    ['an empty file', { type: 'file', path: '/dev/null' }, AuthError, /\/dev\/null gave nothing/],
    ['a variable that is not set', { type: 'env', variable: 'UNSET' }, ConfigError, /UNSET is not set/],
    ['an empty variable', { type: 'env', variable: 'EMPTY' }, ConfigError, /EMPTY is not set or empty/],
    ['an empty answer', { type: 'prompt' }, AuthError, /the terminal gave nothing/],
  ];
  for (const [rule, source, Failure, message] of cases) {
    it(`is told without the secret: ${rule}`, async () => {
      await assert.rejects(reveal(source, { prompt: nobody }), (error) => {
        assert.ok(error instanceof Failure, String(error));
        assert.match(error.message, message);
        assert.match(error.message, /^storage "dav": /);
        assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /hunter2/);
        return true;
      });
    });
  }

  it('is told of a program without the right to run', async () => {
    const path = join(folder, 'pw.sh');
    await writeFile(path, '#!/bin/sh\necho hunter2\n');
    await chmod(path, 0o600);
    await assert.rejects(reveal({ type: 'command', argv: [path] }), /not executable \(EACCES\)/);
  });

  it('is told when the time is up, and ends all that the command started', { timeout: 20_000 }, async () => {
    // The child holds the pipe: as long as it lives, the answer does not come.
    await assert.rejects(reveal(shell('sleep 600 & wait'), { timeoutMs: 300 }), /did not end within 0\.3 s/);
  });

  it('ends the command when it is told to stop', { timeout: 20_000 }, async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const attempt = reveal(shell('sleep 600'), { signal });
    controller.abort(new Error('stop'));
    await assert.rejects(attempt, /^Error: stop$/);
  });

  it('starts nothing when it is told to stop beforehand', async () => {
    const signal = AbortSignal.abort(new Error('stop'));
    await assert.rejects(reveal(shell(`touch ${folder}/ran`), { signal }), /^Error: stop$/);
    await assert.rejects(readFile(join(folder, 'ran')), { code: 'ENOENT' });
  });
});
