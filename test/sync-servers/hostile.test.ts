import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { CALENDAR, FOLDER, homes, principal } from '../support/mock-account.ts';
import { found, getetag, multistatusText, withData } from '../support/mock-dav.ts';
import { type Ends, endsOf } from '../support/program.ts';

/** Item hrefs in the calendar `/alice/work/` that lead elsewhere, or would if somebody joined them to a folder. */
const HREFS: readonly string[] = [
  '../../../../../../tmp/escape.ics',
  '/alice/work/../../../escape.ics',
  '/alice/work/..%2f..%2f..%2fescape.ics',
  '/alice/work/%2e%2e/%2e%2e/escape.ics',
  '/alice/work/%2fetc%2fescape.ics',
  '/alice/work/..',
  '/alice/work/...ics',
  '/alice/work/.hidden.ics',
  '/alice/work/sub/escape.ics',
  '/alice/work/nul%00.ics',
  '/alice/work/line%0Abreak.ics',
  '/alice/work/esc%1B%5B31m.ics',
  `/alice/work/${'n'.repeat(300)}.ics`,
  '/alice/work/displayname',
  '/alice/work/percent%.ics',
  '/alice/work/latin%E9.ics',
  '//elsewhere.example/alice/work/other-host.ics',
  'http://169.254.169.254/alice/work/metadata.ics',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '\\\\server\\share\\escape.ics',
];
/** Ids of collections that no folder may have. */
const COLLECTIONS: readonly string[] = ['%2e%2e', '..%2fescape', '.hidden', 'nul%00', 'c'.repeat(300)];
const UIDS: readonly string[] = ['../../escape', '/etc/passwd', 'nul\0uid', '.'];

interface Hostile {
  readonly url: URL;
  readonly asked: string[];
}

/** A server that answers with whatever may lead astray. */
async function startHostile(ends: Ends): Promise<Hostile> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.headers.host ?? ''}${request.url ?? ''}`);
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.add(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}/`), asked };
}

function answer({ method, url = '/' }: IncomingMessage, response: ServerResponse): void {
  const body = bodyFor(method ?? '', url);
  response.writeHead(body === undefined ? 404 : 207, { 'content-type': 'application/xml; charset=utf-8' });
  response.end(body);
}

function bodyFor(method: string, url: string): string | undefined {
  if (url === '/') return multistatusText(found('/', principal('/alice/')));
  if (method === 'PROPFIND' && url === '/alice/') return home();
  if (method === 'PROPFIND' && url === '/alice/work/')
    return multistatusText(...HREFS.map((href) => found(href, getetag('"1"'))));
  if (method === 'REPORT' && url === '/alice/work/') return multistatusText(...items());
  return undefined;
}

const home = (): string =>
  multistatusText(
    found('/alice/', FOLDER + homes('/alice/')),
    found('/alice/work/', CALENDAR),
    ...COLLECTIONS.map((id) => found(`/alice/${id}/`, CALENDAR)),
    found('//elsewhere.example/alice/stolen/', CALENDAR),
  );

const items = (): string[] => [
  ...HREFS.map((href, at) => withData(href, '"1"', eventText({ uid: `hostile-${at}` }))),
  ...UIDS.map((uid, at) => withData(`/alice/work/uid-${at}.ics`, '"1"', eventText({ uid }))),
  withData('/alice/work/good.ics', '"1"', eventText({ uid: 'good' })),
];

describe('a server with hostile answers', { timeout: 60_000 }, () => {
  it('writes nothing outside of the folder, hears of no other host, and does not hide the good item', async (t) => {
    const ends = endsOf(t);
    const { url, asked } = await startHostile(ends);
    const table = (name: string): string =>
      `[storage.${name}]\ntype = "caldav"\nurl = "${url.href}"\nusername = "alice"\npassword = "x"`;
    const desk = await Desk.make(ends, {
      storages: { remote: { table } },
      pairs: ['[pair.p]\na = "deep"\nb = "remote"\ncollections = "from b"'],
    });
    await mkdir(desk.at('one', 'two', 'deep'), { recursive: true });
    await desk.configure({
      storages: {
        remote: { table },
        deep: {
          table: () => `[storage.deep]\ntype = "vdir/icalendar"\npath = "${desk.at('one', 'two', 'deep')}"`,
        },
      },
      pairs: ['[pair.p]\na = "deep"\nb = "remote"\ncollections = "from b"'],
    });
    for (const args of [['sync', '-n'], ['sync'], ['sync'], ['discover'], ['check']]) {
      const { stdout, stderr } = await desk.pimsync(args);
      assert.doesNotMatch(stderr, /this is a bug/);
      // oxlint-disable-next-line no-control-regex -- these are the characters that must not be there
      assert.doesNotMatch(stdout + stderr, /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
    }
    const written = await desk.files('one');
    assert.ok(written.includes('two/deep/work/good.ics'), written.join('\n'));
    for (const file of written) assert.match(file, /^two\/deep\/[^/.][^/]*\/[^/.][^/]*$/);
    assert.deepEqual((await readdir(desk.place.folder)).toSorted(), ['mnt', 'mount.toml', 'one', 'state']);
    const hosts = new Set(asked.map((line) => line.split(' ')[1]?.split('/')[0]));
    assert.deepEqual([...hosts], [url.host]);
    assert.ok(!(await desk.read('one/two/deep/work/good.ics')).includes('hostile'));
  });
});
