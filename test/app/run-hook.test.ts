import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type HookEnd, type HookOptions, runHook } from '../../src/app/run-hook.ts';
import { ManualTimer } from '../support/manual-timer.ts';
import { eventually, isAlive } from '../support/program.ts';
import { tempDir } from '../support/temp-dir.ts';

const LIMIT_MS = 60_000;
const GRACE_MS = 5_000;

let folder: string;
let close: () => Promise<void>;
let time: ManualTimer;
beforeEach(async () => {
  ({ path: folder, close } = await tempDir());
  time = new ManualTimer();
});
afterEach(() => close());

const shell = (script: string, options: Partial<HookOptions> = {}): Promise<HookEnd> =>
  runHook(['/bin/sh', '-c', script, 'hook', folder], {
    env: { PATH: process.env['PATH'] },
    timer: time.timer,
    ...options,
  });

/** What the script wrote into a file of its folder: process numbers, as far as it got. */
const written = (name: string): Promise<number[]> =>
  eventually(`what the hook writes to ${name}`, async () => {
    const text = await readFile(join(folder, name), 'utf8');
    return (
      text.endsWith('.\n') &&
      text
        .split(/\s+/)
        .filter((word) => /^\d+$/.test(word))
        .map(Number)
    );
  });

const areGone = (pids: readonly number[]): Promise<boolean> =>
  eventually('the processes to be gone', async () =>
    (await Promise.all(pids.map(isAlive))).every((alive) => !alive),
  );

describe('runHook', () => {
  const cases: [rule: string, script: string, want: HookEnd][] = [
    [
      'tells what it said on both its outputs',
      'echo out; echo err >&2',
      { failure: undefined, output: 'out\nerr\n' },
    ],
    ['tells the exit status of one that fails', 'exit 3', { failure: 'exit status 3', output: '' }],
    ['tells the signal that ended one', 'kill -9 $$', { failure: 'SIGKILL', output: '' }],
    ['runs it in /', 'pwd', { failure: undefined, output: '/\n' }],
    [
      'gives it that environment and no other',
      'env | grep -v ^PWD=',
      { failure: undefined, output: `PATH=${process.env['PATH'] ?? ''}\n` },
    ],
  ];
  for (const [rule, script, want] of cases) it(rule, async () => assert.deepEqual(await shell(script), want));

  it('takes no word for shell language', async () => {
    const { output } = await runHook(['echo', '$HOME; *'], { env: process.env, timer: time.timer });
    assert.equal(output, '$HOME; *\n');
  });

  it('gives it its input', async () => {
    assert.equal((await shell('cat', { input: 'line 1\nline 2\n' })).output, 'line 1\nline 2\n');
  });

  it('minds no program that leaves its input unread', async () => {
    assert.equal((await shell('exec <&-; exit 0', { input: 'x'.repeat(1_000_000) })).failure, undefined);
  });

  it('keeps no more of a flood than can be read, and lets it run', async () => {
    const { failure, output } = await shell('yes | head -c 1000000');
    assert.deepEqual([failure, output.length], [undefined, 65_536]);
  });

  it('tells of a program that is not there', async () => {
    const { failure } = await runHook([join(folder, 'nothing')], { env: {}, timer: time.timer });
    assert.equal(failure, 'it is not there or not executable (ENOENT)');
  });

  it('tells of arguments that the system does not take', async () => {
    const { failure } = await runHook(['echo', 'x'.repeat(10_000_000)], { env: {}, timer: time.timer });
    assert.match(failure ?? '', /E2BIG/);
  });

  it('ends it, and all that it has started, at the time limit', async () => {
    const end = shell('sleep 1000 & echo $$ $! . > "$1/pids"; wait');
    const pids = await written('pids');
    assert.equal(pids.length, 2);
    time.advance(LIMIT_MS);
    assert.deepEqual(await end, { failure: 'it did not end within 60 s', output: '' });
    await areGone(pids);
    assert.deepEqual(time.delays, []);
  });

  it('ends what it has started although that will not listen', async () => {
    const end = shell(`(trap '' TERM; exec sleep 1000) & echo $! . > "$1/pids"; wait`);
    const pids = await written('pids');
    time.advance(LIMIT_MS);
    assert.equal((await end).failure, 'it did not end within 60 s');
    await areGone(pids);
  });

  it('ends one that will not listen a little later', async () => {
    const end = shell(
      `trap 'echo 1 . > "$1/asked"' TERM; echo $$ . > "$1/pids"; while :; do sleep 0.1; done`,
    );
    const pids = await written('pids');
    time.advance(LIMIT_MS);
    await written('asked');
    assert.equal(await isAlive(pids[0] ?? 0), true);
    time.advance(GRACE_MS);
    assert.equal((await end).failure, 'it did not end within 60 s');
    await areGone(pids);
  });

  it('ends it when pimsync stops', async () => {
    const stopping = new AbortController();
    const end = shell('echo $$ . > "$1/pids"; sleep 1000', { signal: stopping.signal });
    const pids = await written('pids');
    stopping.abort();
    assert.equal((await end).failure, 'it was ended because pimsync stops');
    await areGone(pids);
    assert.equal(
      (await shell('exit 0', { signal: stopping.signal })).failure,
      'it was ended because pimsync stops',
    );
  });

  it('waits for nothing that it leaves in the background, and lets it live', async () => {
    const end = shell('sleep 1000 & echo $! . > "$1/pids"; echo done');
    const [pid = 0] = await written('pids');
    await time.planned(500);
    time.advance(500);
    assert.deepEqual(await end, { failure: undefined, output: 'done\n' });
    assert.equal(await isAlive(pid), true);
    process.kill(pid, 'SIGKILL');
    await areGone([pid]);
  });
});
