import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ask, type Request } from '../../src/app/control.ts';
import { type ControlServer, type Handler, serveControl } from '../../src/app/control-server.ts';
import { BusyError, ServerError, StateError, UsageError } from '../../src/core/errors.ts';
import { type Logger, silentLogger } from '../../src/lib/logger.ts';
import { gate } from '../support/gate.ts';

const STATUS: Request = { op: 'status' };

describe('control socket', () => {
  let folder = '';
  let path = '';
  const servers: ControlServer[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pimsync-control-'));
    path = join(folder, 'control.sock');
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await rm(folder, { recursive: true, force: true });
  });

  async function serve(handler: Handler, log: Logger = silentLogger): Promise<ControlServer> {
    const server = await serveControl(path, handler, log);
    servers.push(server);
    return server;
  }

  /** Says something and returns the first that comes back. */
  const say = (words: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = createConnection(path, () => socket.write(words));
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString());
      });
    });

  it('answers what the handler returns', async () => {
    await serve(async (request) => ({ got: request.op }));
    assert.deepEqual(await ask(path, STATUS), { got: 'status' });
  });

  it('is for the owner alone', async () => {
    await serve(async () => null);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('hands a failure over as the error that it was', async () => {
    const failures = [new BusyError('the mount is in use by vim (12)'), new UsageError('there is no pair x')];
    for (const failure of failures) {
      const server = await serve(async () => {
        throw failure;
      });
      await assert.rejects(ask(path, STATUS), { name: failure.name, message: failure.message });
      await server.close();
    }
  });

  it('logs a failure that nobody foresaw, and goes on', async () => {
    const logged: string[] = [];
    await serve(
      async () => {
        throw new RangeError('oops');
      },
      { ...silentLogger, error: (_fields, message) => logged.push(message) },
    );
    await assert.rejects(ask(path, STATUS), ServerError);
    assert.deepEqual(logged, ['a request failed']);
  });

  it('is nobody when there is no socket', async () => {
    assert.equal(await ask(path, STATUS), undefined);
  });

  it('is nobody when there is no state folder', async () => {
    assert.equal(await ask(join(folder, 'none', 'control.sock'), STATUS), undefined);
  });

  it('takes the place of a socket that a killed process left behind', async () => {
    await serve(async () => 1);
    await serve(async () => 2);
    assert.equal(await ask(path, STATUS), 2);
  });

  it('answers what is under way before it closes', async () => {
    const [held, entered] = [gate(), gate()];
    const server = await serve(async () => {
      entered.open();
      await held.passed;
      return 'done';
    });
    const answer = ask(path, STATUS);
    await entered.passed;
    const closed = server.close();
    held.open();
    assert.equal(await answer, 'done');
    await closed;
  });

  it('survives an asker who goes away while it is answered', async () => {
    const [held, entered] = [gate(), gate()];
    const server = await serve(async ({ op }) => {
      if (op !== 'unmount') return op;
      entered.open();
      await held.passed;
      return 'x'.repeat(1_000_000);
    });
    const socket = createConnection(path, () => socket.write('{"op":"unmount"}\n'));
    await entered.passed;
    socket.destroy();
    held.open();
    assert.equal(await ask(path, STATUS), 'status');
    await server.close();
  });

  it('closes although somebody is connected who neither asks nor leaves', async () => {
    const server = await serve(async () => null);
    const socket = createConnection({ path, allowHalfOpen: true });
    await new Promise((resolve) => socket.once('connect', resolve));
    await server.close();
    socket.destroy();
  });

  it('survives a line that is not JSON', async () => {
    await serve(async () => 'fine');
    assert.deepEqual(JSON.parse(await say('nonsense\n')), {
      ok: false,
      code: 'server',
      message: 'that is no request',
    });
    assert.equal(await ask(path, STATUS), 'fine');
  });

  it('answers several requests of one connection', async () => {
    await serve(async ({ op }) => op);
    const line = `${JSON.stringify(STATUS)}\n`;
    assert.match(await say(line + line), /^\{"ok":true,"result":"status"\}\n/);
  });

  it('refuses a path that no unix socket can have, and says what to do', async () => {
    path = join(folder, 'x'.repeat(120));
    await assert.rejects(
      serve(async () => null),
      (error) => error instanceof StateError && /too long.*state_path/.test(error.message),
    );
  });

  it('says so when there can be no socket', async () => {
    path = join(folder, 'none', 'control.sock');
    await assert.rejects(
      serve(async () => null),
      (error) => error instanceof StateError && error.message.includes(path),
    );
  });
});

describe('asking', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pimsync-ask-'));
    path = join(folder, 'control.sock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** An engine that does what no engine of ours does. @returns ends it */
  async function strange(behave: (socket: Socket) => void): Promise<() => Promise<void>> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      behave(socket);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    };
  }

  it('fails when the engine goes away before it answers', async () => {
    const end = await strange((socket) => socket.destroy());
    await assert.rejects(ask(path, STATUS), { name: 'ServerError', message: /ended before it answered/ });
    await end();
  });

  it('does not wait for an engine that hangs, and names it', async () => {
    await writeFile(join(folder, 'engine.pid'), '4711\n');
    const end = await strange((socket) => socket.resume());
    await assert.rejects(ask(path, STATUS, { patienceMs: 50 }), {
      name: 'ServerError',
      message: /process 4711\) does not answer.*kill -9 4711/,
    });
    await end();
  });

  it('waits for one that works at it and says so', async () => {
    const end = await strange((socket) => {
      let signs = 0;
      const timer = setInterval(() => {
        signs += 1;
        if (signs < 10) return void socket.write('\n');
        clearInterval(timer);
        socket.write('{"ok":true,"result":"late"}\n');
      }, 30);
    });
    assert.equal(await ask(path, STATUS, { patienceMs: 200 }), 'late');
    await end();
  });

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController();
    const end = await strange(() => stop.abort(new Error('enough')));
    await assert.rejects(ask(path, STATUS, { signal: stop.signal }), { message: 'enough' });
    await end();
  });

  it('takes a code of another version for a failure', async () => {
    const end = await strange((socket) => socket.write('{"ok":false,"code":"new","message":"strange"}\n'));
    await assert.rejects(ask(path, STATUS), { name: 'ServerError', message: 'strange' });
    await end();
  });
});
