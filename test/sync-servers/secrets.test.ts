import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { RawDav } from '../servers/raw-dav.ts';
import { startRadicale } from '../servers/radicale.ts';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { endsOf } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const PASSWORD = 'hunter2-and-more';

describe('a password that a program prints', { skip: requirement('radicale'), timeout: 120_000 }, () => {
  it('is asked for once a run, by the pairs that run alone, and stands nowhere in state, output or log', async (t) => {
    const ends = endsOf(t);
    const server = await startRadicale({ password: PASSWORD });
    ends.add(() => server.stop());
    const dav = new RawDav(server);
    for (const id of ['home', 'work'])
      await dav.makeFilled('calendar', id, new Map([['1.ics', eventText({ uid: id })]]));
    const desk = await Desk.make(ends, { storages: {} });
    const accountOf = (name: string): string => {
      const script = `echo asked >> ${desk.at(`${name}.asked`)}; echo ${PASSWORD}`;
      return [
        `[storage.${name}]`,
        'type = "caldav"',
        `url = "${server.url.href}"`,
        `username = "${server.username ?? ''}"`,
        `password = { command = ["sh", "-c", ${JSON.stringify(script)}] }`,
      ].join('\n');
    };
    await desk.configure({
      storages: { local: 'vdir/icalendar', mine: { table: accountOf }, other: { table: accountOf } },
      pairs: ['p: local mine', 'q: local other'],
    });

    for (const run of [1, 2]) {
      const { status, stdout, stderr } = await desk.pimsync(['-v', 'debug', 'sync', 'p']);
      assert.equal(status, 0, stderr);
      assertNoSecret(stdout + stderr, 'output');
      assert.equal((await desk.read('mine.asked')).trim().split('\n').length, run);
    }
    assert.deepEqual((await readdir(desk.place.folder)).includes('other.asked'), false);
    const files = await readdir(desk.place.stateFolder, { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    assert.ok(paths.some((path) => path.endsWith('state.db')));
    for (const path of paths) assertNoSecret(await readFile(path, 'latin1'), path);
  });
});

function assertNoSecret(text: string, where: string): void {
  const basic = Buffer.from(`alice:${PASSWORD}`).toString('base64');
  for (const secret of [PASSWORD, basic]) assert.ok(!text.includes(secret), `a password is in ${where}`);
}
