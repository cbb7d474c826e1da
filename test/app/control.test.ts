import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ask, type Request, serveControl } from '../../src/app/control.ts';
import { BusyError, ServerError, StateError } from '../../src/core/errors.ts';

const STATUS: Request = { op: 'status' };

describe('control socket', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pimsync-control-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('answers what the handler returns', async () => {
    const path = join(folder, 'a.sock');
    const server = await serveControl(path, async (request) => ({ got: request.op }));
    assert.deepEqual(await ask(path, STATUS), { got: 'status' });
    await server.close();
  });

  it('is for the owner alone', async () => {
    const path = join(folder, 'b.sock');
    const server = await serveControl(path, async () => null);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await server.close();
  });

  it('hands a failure over as an error of ours', async () => {
    const path = join(folder, 'c.sock');
    const server = await serveControl(path, async () => {
      throw new BusyError('the mount is in use by vim (12)');
    });
    await assert.rejects(
      ask(path, STATUS),
      (error) => error instanceof BusyError && /vim/.test(error.message),
    );
    await server.close();
  });

  it('is nobody when nothing listens, nor when a socket was left behind', async () => {
    assert.equal(await ask(join(folder, 'none.sock'), STATUS), undefined);
  });

  it('takes the place of a socket that a killed process left behind', async () => {
    const path = join(folder, 'd.sock');
    const first = await serveControl(path, async () => 1);
    const second = await serveControl(path, async () => 2);
    assert.equal(await ask(path, STATUS), 2);
    await Promise.all([first.close(), second.close()]);
  });

  it('answers what is under way before it closes', async () => {
    const path = join(folder, 'e.sock');
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let entered = (): void => {};
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const server = await serveControl(path, async () => {
      entered();
      await held;
      return 'done';
    });
    const answer = ask(path, STATUS);
    await inside;
    const closed = server.close();
    release();
    assert.equal(await answer, 'done');
    await closed;
  });

  it('survives a line that is not JSON', async () => {
    const path = join(folder, 'f.sock');
    const server = await serveControl(path, async () => 'fine');
    const reply = await new Promise<string>((resolve) => {
      const socket = createConnection(path, () => socket.write('nonsense\n'));
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString());
      });
    });
    assert.equal((JSON.parse(reply) as { ok: boolean }).ok, false);
    assert.equal(await ask(path, STATUS), 'fine');
    await server.close();
  });

  it('says so when the engine goes away before it answers', async () => {
    const path = join(folder, 'g.sock');
    const { createServer } = await import('node:net');
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await assert.rejects(ask(path, STATUS), ServerError);
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses a path that no unix socket can have', async () => {
    await assert.rejects(
      serveControl(join(folder, 'x'.repeat(120)), async () => null),
      StateError,
    );
  });
});
