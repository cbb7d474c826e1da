import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { UnreachableError } from '../../src/core/errors.ts';
import { openConnections } from '../../src/http/transport.ts';
import { ITEM, requestOf, setup } from '../support/guard.ts';
import { run } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import { tempDir } from '../support/temp-dir.ts';

/** A certificate for 127.0.0.1 that nobody but itself vouches for, and its key. */
async function makeCertificate(): Promise<{ readonly cert: string; readonly key: string }> {
  const { path, close } = await tempDir();
  const [cert, key] = [join(path, 'cert.pem'), join(path, 'key.pem')];
  const wish = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test';
  const { status, stderr } = await run('openssl', [
    'req',
    ...wish.split(' '),
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-keyout',
    key,
    '-out',
    cert,
  ]);
  assert.equal(status, 0, stderr);
  const made = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  await close();
  return made;
}

describe('a server with a certificate of its own', { skip: requirement('openssl') }, () => {
  let server: Server;
  let url: URL;
  let cert: string;
  let requests = 0;

  before(async () => {
    const made = await makeCertificate();
    cert = made.cert;
    server = createServer(made, (_, response) => {
      requests += 1;
      response.end('tea');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
  });
  after(() => server.close());

  /** What the program makes of it, where these roots are configured. */
  async function ask(tlsRoot: string | undefined): Promise<number> {
    const connections = openConnections(tlsRoot);
    try {
      const { guard } = setup({ url, connections });
      return (await guard.send(requestOf('GET', url.href), ITEM)).answer.status;
    } finally {
      await connections.close();
    }
  }

  it('is sent nothing, and what to do is told', async () => {
    await assert.rejects(
      ask(undefined),
      (error) => error instanceof UnreachableError && /tls_root/.test(error.message),
    );
    assert.equal(requests, 0);
  });

  it('is sent nothing either where another root is configured', async () => {
    await assert.rejects(ask((await makeCertificate()).cert), UnreachableError);
    assert.equal(requests, 0);
  });

  it('is talked to where its certificate is the root', async () => {
    assert.equal(await ask(cert), 200);
    assert.equal(requests, 1);
  });
});
