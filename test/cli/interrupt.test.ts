import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Desk } from '../support/desk.ts';
import { eventText } from '../support/items.ts';
import { type Ends, endsOf, eventually, isAlive } from '../support/program.ts';
import { startSilentServer } from '../support/silent-server.ts';

/** Two folders that agree, one with something new, and an account that never answers. */
async function deskWithHangingServer(ends: Ends) {
  const server = await startSilentServer(ends);
  const desk = await Desk.make(ends, {
    storages: {
      left: 'vdir/icalendar',
      right: 'vdir/icalendar',
      dav: { table: (name) => `[storage.${name}]\ntype = "caldav"\nurl = "${server.url.href}"` },
    },
    pairs: ['quick: left right', 'slow: left dav'],
  });
  await desk.put('left/work/1.ics', eventText({ uid: '1' }));
  return { server, desk };
}

describe('an interrupted sync', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends at ${signal} with status 130, and keeps what was done`, async (t) => {
      const { server, desk } = await deskWithHangingServer(endsOf(t));
      const sync = desk.start(['sync']);
      await server.asked;
      await eventually('the quick pair to be done', async () => (await desk.files('right')).length === 1);
      sync.signal(signal);
      assert.equal(await sync.ended(), 130);
      assert.equal(sync.stdout, '');
      assert.match(sync.stderr, /^pimsync: interrupted; what was done is kept/);
      assert.equal(await desk.syncs('quick'), 'quick: nothing to do\n');
    });
  }

  it('leaves the state folder free for the next one', async (t) => {
    const { server, desk } = await deskWithHangingServer(endsOf(t));
    const sync = desk.start(['sync', 'slow']);
    await server.asked;
    sync.signal('SIGINT');
    await sync.ended();
    assert.deepEqual(
      (await readdir(desk.place.stateFolder)).filter((name) => name === 'engine.pid'),
      [],
    );
  });
});

describe('a sync that waits for a password', () => {
  it('ends at SIGINT, and takes the program along that should print it', async (t) => {
    const ends = endsOf(t);
    const table = [
      'type = "caldav"',
      'url = "http://127.0.0.1:9/"',
      'username = "me"',
      `password = { shell = "trap '' INT TERM; echo $$ > $PID_FILE; exec sleep 1000" }`,
    ];
    const desk = await Desk.make(ends, {
      storages: {
        left: 'vdir/icalendar',
        dav: { table: (name) => [`[storage.${name}]`, ...table].join('\n') },
      },
      pairs: ['slow: left dav'],
    });
    const sync = desk.start(['sync'], { env: { PID_FILE: desk.at('pid') } });
    const pid = await eventually(
      'the password command',
      async () => Number(await desk.read('pid')) || undefined,
    );
    ends.add(async () => {
      if (await isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    sync.signal('SIGINT');
    assert.equal(await sync.ended(), 130);
    await eventually('the password command to end', async () => !(await isAlive(pid)));
  });
});
