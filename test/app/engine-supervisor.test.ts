import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EngineSupervisor } from '../../src/app/engine-supervisor.ts';
import type { EngineStart } from '../../src/app/ipc.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { eventually } from '../support/program.ts';

const PROGRAM = fileURLToPath(new URL('programs/fake-engine.mjs', import.meta.url));

const startWith = (text: string): EngineStart => ({
  type: 'start',
  source: { type: 'text', path: 'm.toml', text },
  prompted: {},
  logLevel: 'error',
  logFile: undefined,
});

let engines: ChildProcess[];
/** With which configuration each engine was started. */
let started: string[];
let restarts: number;
let errors: string[];
let supervisor: EngineSupervisor;

beforeEach(() => {
  engines = [];
  started = [];
  restarts = 0;
  errors = [];
  supervisor = new EngineSupervisor({
    start: startWith('ready 1'),
    log: { ...silentLogger, error: (_fields, message) => void errors.push(message) },
    onUnmountRequest() {},
    onRestart: () => (restarts += 1),
    startEngine() {
      const child = fork(PROGRAM, { execArgv: [], silent: true });
      child.stdout?.setEncoding('utf8').on('data', (line: string) => started.push(line.trim()));
      engines.push(child);
      return child;
    },
  });
});
afterEach(() => supervisor.stop());

const running = (): number[] =>
  engines.flatMap(({ pid, exitCode, signalCode }) => (exitCode === null && signalCode === null && pid) || []);

const haveStarted = (...texts: readonly string[]): Promise<boolean> =>
  eventually(`the engines ${texts.join(', ')}`, async () => String(started) === String(texts));

describe('an engine that is replaced', () => {
  it('ends, and another one goes on with the new configuration; nobody takes that for a crash', async () => {
    await supervisor.start();
    assert.equal(await supervisor.replace(startWith('ready 2')), undefined);
    await haveStarted('ready 1', 'ready 2');
    assert.deepEqual(running(), [supervisor.pid]);
    assert.equal(restarts, 1);
    assert.deepEqual(errors, []);
  });

  it('comes back with the old configuration where the new one cannot be used', async () => {
    await supervisor.start();
    const failure = await supervisor.replace(startWith('wrong'));
    assert.equal(failure?.message, 'wrong');
    await haveStarted('ready 1', 'wrong', 'ready 1');
    await eventually('the mount to be told of', async () => restarts === 1);
    assert.deepEqual(running(), [supervisor.pid]);
  });

  it('is tried again with the new configuration where the state was taken for a moment', async () => {
    await supervisor.start();
    assert.equal(await supervisor.replace(startWith('busy')), undefined);
    await haveStarted('ready 1', 'busy', 'busy');
  });

  it('comes back with the new configuration after a crash', async () => {
    await supervisor.start();
    await supervisor.replace(startWith('ready 2'));
    await haveStarted('ready 1', 'ready 2');
    process.kill(supervisor.pid ?? 0, 'SIGKILL');
    await haveStarted('ready 1', 'ready 2', 'ready 2');
  });

  it('may have crashed just before', async () => {
    await supervisor.start();
    const crashed = supervisor.pid ?? 0;
    process.kill(crashed, 'SIGKILL');
    await eventually('the crash to be noticed', async () => supervisor.pid === undefined);
    assert.equal(await supervisor.replace(startWith('ready 2')), undefined);
    await haveStarted('ready 1', 'ready 2');
    assert.deepEqual(running(), [supervisor.pid]);
  });

  it('may be one that is just being started anew', async () => {
    await supervisor.start();
    process.kill(supervisor.pid ?? 0, 'SIGKILL');
    await eventually('another engine', async () => engines.length === 2);
    assert.equal(await supervisor.replace(startWith('ready 2')), undefined);
    await eventually('one engine', async () => running().length === 1);
    assert.deepEqual(running(), [supervisor.pid]);
    assert.equal(restarts, 1);
    assert.equal(errors.length, 1);
  });

  it('is followed by none when the mount ends meanwhile', async () => {
    await supervisor.start();
    const replaced = supervisor.replace(startWith('ready 2'));
    await supervisor.stop();
    await replaced;
    await eventually('the engine to end', async () => running().length === 0);
    assert.deepEqual(started, ['ready 1']);
  });
});
