import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import { startXandikos } from '../servers/xandikos.ts';
import { CountingProxy } from '../support/counting-proxy.ts';
import { account, Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { endsOf } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

for (const [name, start] of [
  ['radicale', startRadicale],
  ['xandikos', startXandikos],
] as const) {
  describe(`a quiet account on ${name}`, { skip: requirement(name), timeout: 120_000 }, () => {
    it('costs one request for all its collections, and nothing is written', async (t) => {
      const ends = endsOf(t);
      const server = await start();
      ends.add(() => server.stop());
      const dav = new RawDav(server);
      const proxy = await CountingProxy.start(ends, server.url);
      const desk = await Desk.make(ends, {
        storages: { local: 'vdir/icalendar', remote: account('caldav', server, proxy.url) },
        pairs: ['p: local remote'],
      });
      for (const id of ['one', 'two', 'three']) {
        const items = ['a', 'b'].map((uid) => [`${uid}.ics`, eventText({ uid: `${id}-${uid}` })] as const);
        await dav.makeFilled('calendar', id, new Map(items));
      }
      await desk.syncs();
      await desk.syncs();
      const before = await desk.contents('local');
      proxy.forget();
      assert.equal(await desk.syncs(), 'p: nothing to do\n');
      assert.deepEqual(
        proxy.seen.map(({ method, status }) => `${method} ${String(status)}`),
        ['PROPFIND 207'],
      );
      assert.deepEqual(await desk.contents('local'), before);
    });
  });
}
