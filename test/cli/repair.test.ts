import assert from 'node:assert/strict';
import { access, readFile, writeFile } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { Desk } from '../support/desk.ts';
import { contactText, eventText } from '../support/items.ts';
import { endsOf, eventually } from '../support/program.ts';
import { startSilentServer } from '../support/silent-server.ts';

const withoutUid = eventText({ uid: undefined, summary: 'walk' });

const deskOf = (t: TestContext): Promise<Desk> =>
  Desk.make(endsOf(t), {
    storages: {
      local: 'vdir/icalendar',
      copy: 'vdir/icalendar',
      people: 'vdir/vcard',
      feed: {
        table: (name) =>
          `[storage.${name}]\ntype = "webcal"\nurl = "http://127.0.0.1:9/a.ics"\ncollection = "x"`,
      },
    },
    pairs: ['both: local copy'],
  });

async function fill(desk: Desk): Promise<void> {
  await desk.put('local/work/fine.ics', eventText({ uid: 'fine' }));
  await desk.put('local/work/walk.ics', withoutUid);
  await desk.put('local/work/one.ics', eventText({ uid: 'one', summary: 'tea' }));
  await desk.put('local/work/two.ics', eventText({ uid: 'one', summary: 'lunch' }));
  await desk.put('local/home/old.ics', eventText({ uid: 'old' }).replace('END:VCALENDAR\r\n', ''));
}

describe('pimsync repair', { concurrency: 4 }, () => {
  it('shows what it would do, changes nothing, and ends with 1', async (t) => {
    const desk = await deskOf(t);
    await fill(desk);
    const before = await desk.contents('local');
    const { status, stdout, stderr } = await desk.pimsync(['repair', 'local']);
    assert.deepEqual(stdout.split('\n').toSorted(), [
      '',
      'local/home: "standup" (2026-11-22T10:00:00Z, UID old) [old.ics]: END:VCALENDAR missing, perhaps other lines too: add it',
      'local/work: "lunch" (2026-11-22T10:00:00Z, UID one) [two.ics]: same UID as one.ics, which keeps it because its name is the UID: give it a new one',
      'local/work: "walk" (2026-11-22T10:00:00Z, no UID) [walk.ics]: no UID: give it one',
    ]);
    assert.equal(stderr, 'local: 3 to repair; run again with --yes\n');
    assert.equal(status, 1);
    assert.deepEqual(await desk.contents('local'), before);
  });

  it('--yes: does it, and then there is nothing left to do', async (t) => {
    const desk = await deskOf(t);
    await fill(desk);
    const { status, stdout, stderr } = await desk.pimsync(['repair', 'local', '--yes']);
    assert.deepEqual([status, stderr], [0, 'local: 3 repaired\n']);
    assert.match(stdout, /"walk" .* \[walk\.ics\]: no UID: given one; now UID [-0-9a-f]{36}\n/);
    const walk = await desk.read('local/work/walk.ics');
    assert.equal(walk.replace(/UID:[-0-9a-f]{36}\r\n/, ''), withoutUid);
    assert.equal(await desk.read('local/home/old.ics'), eventText({ uid: 'old' }));
    assert.deepEqual(await desk.pimsync(['repair', 'local']), {
      status: 0,
      stdout: 'local: nothing to repair\n',
      stderr: '',
    });
    await desk.syncs();
    assert.deepEqual(await desk.contents('copy'), await desk.contents('local'));
    assert.equal(await desk.syncs(), 'both: nothing to do\n');
  });

  it('one collection: no other is touched', async (t) => {
    const desk = await deskOf(t);
    await fill(desk);
    assert.equal((await desk.pimsync(['repair', 'local/home', '--yes'])).status, 0);
    assert.equal(await desk.read('local/work/walk.ics'), withoutUid);
    assert.equal((await desk.pimsync(['repair', 'local/home'])).stdout, 'local/home: nothing to repair\n');
  });

  it('what nobody can repair is named on stderr, with the remedy; the rest is done, and the status is 1', async (t) => {
    const desk = await deskOf(t);
    await desk.put('people/friends/ada.vcf', contactText({ uid: undefined }));
    await desk.put('people/friends/garbage.vcf', 'hello\n');
    await desk.put('people/friends/latin.vcf', Buffer.from(contactText({ name: 'Müller' }), 'latin1'));
    const { status, stdout, stderr } = await desk.pimsync(['repair', 'people', '--yes']);
    assert.match(
      stdout,
      /^people\/friends: "Ada Lovelace" \(no UID\) \[ada\.vcf\]: no UID: given one; now UID \S+\n$/,
    );
    assert.match(
      stderr,
      /^pimsync: people\/friends: \[garbage\.vcf\]: not repairable: it does not begin with BEGIN; correct it/m,
    );
    assert.match(
      stderr,
      /^pimsync: people\/friends: \[latin\.vcf\]: not repairable: .*latin\.vcf is not UTF-8 text; convert it/m,
    );
    assert.match(stderr, /^people: 1 repaired; 2 left as they are\n$/m);
    assert.equal(status, 1);
  });

  it('--json: one document, before and after', async (t) => {
    const desk = await deskOf(t);
    await desk.put('local/work/walk.ics', withoutUid);
    const item = {
      href: 'walk.ics',
      title: 'walk',
      start: '2026-11-22T10:00:00Z',
      findings: [{ fault: 'no-uid' }],
    };
    const collection = { collection: 'work', looked: 1, unsafe: 0, error: null };
    assert.deepEqual(await desk.json('repair', 'local'), {
      storage: 'local',
      applied: false,
      collections: [{ ...collection, items: [{ ...item, outcome: 'planned' }] }],
    });
    const done = (await desk.json('repair', 'local', '--yes')) as {
      collections: { items: { outcome: string; uids: string[] }[] }[];
    };
    assert.equal(done.collections[0]?.items[0]?.outcome, 'repaired');
    const [uid = ''] = done.collections[0]?.items[0]?.uids ?? [];
    assert.equal(await desk.read('local/work/walk.ics'), eventText({ uid, summary: 'walk' }));
  });

  it('--unsafe-uids: new UIDs and names; without it they are only counted', async (t) => {
    const desk = await deskOf(t);
    await desk.put('local/work/a.ics', eventText({ uid: '/etc/passwd' }));
    const left = await desk.pimsync(['repair', 'local']);
    assert.deepEqual([left.status, left.stdout], [0, 'local: nothing to repair\n']);
    assert.match(
      left.stderr,
      /^1 item with a UID or name that makes trouble .*; --unsafe-uids gives new ones\n$/,
    );
    assert.match((await desk.pimsync(['repair', 'local', '--unsafe-uids'])).stderr, /--yes --unsafe-uids\n$/);
    assert.equal((await desk.pimsync(['repair', 'local', '--unsafe-uids', '--yes'])).status, 0);
    assert.match((await desk.files('local')).join(), /^work\/[-0-9a-f]{36}\.ics$/);
  });

  it('a storage that is read-only: a preview, but no repair', async (t) => {
    const desk = await deskOf(t);
    await fill(desk);
    const { config } = desk.place;
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replace('[storage.local]', '[storage.local]\nread_only = true'));
    assert.match((await desk.pimsync(['repair', 'local'])).stderr, /3 to repair/);
    const { status, stdout, stderr } = await desk.pimsync(['repair', 'local', '--yes']);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^pimsync: local\/work: work is read-only, so it cannot be repaired$/m);
  });

  it('calls the hooks of a folder', async (t) => {
    const desk = await deskOf(t);
    await desk.put('local/work/walk.ics', withoutUid);
    const { config } = desk.place;
    const text = await readFile(config, 'utf8');
    const hook = JSON.stringify(['sh', '-c', 'echo "$0" >> "$(dirname "$0")/../../told"; exit 3']);
    await writeFile(config, text.replace('[storage.local]', `[storage.local]\npost_hook = ${hook}`));
    const { stderr } = await desk.pimsync(['repair', 'local', '--yes']);
    assert.equal(await desk.read('told'), `${desk.at('local', 'work', 'walk.ics')}\n`);
    assert.match(stderr, /^pimsync: storage "local": post_hook sh failed: /m);
  });

  it("leaves pimsync's own state alone", async (t) => {
    const desk = await deskOf(t);
    await fill(desk);
    await desk.pimsync(['repair', 'local', '--yes']);
    await assert.rejects(access(desk.place.stateFolder), { code: 'ENOENT' });
  });

  it("works beside a running daemon, which sees it as anybody's edit", async (t) => {
    const desk = await deskOf(t);
    await desk.put('local/work/fine.ics', eventText({ uid: 'fine' }));
    const daemon = desk.start(['daemon', '-r', '3']);
    await eventually('the daemon', async () => daemon.ready !== '');
    await fill(desk);
    assert.equal((await desk.pimsync(['repair', 'local', '--yes'])).status, 0);
    await desk.syncs();
    const [local, copy] = [await desk.contents('local'), await desk.contents('copy')];
    assert.deepEqual([...copy.values()].toSorted(byText), [...local.values()].toSorted(byText));
    assert.equal(local.size, 5);
  });

  it('ends at SIGINT with status 130', async (t) => {
    const ends = endsOf(t);
    const server = await startSilentServer(ends);
    const table = (name: string): string => `[storage.${name}]\ntype = "caldav"\nurl = "${server.url.href}"`;
    const desk = await Desk.make(ends, { storages: { remote: { table } } });
    const repair = desk.start(['repair', 'remote', '--yes']);
    await server.asked;
    repair.signal('SIGINT');
    assert.equal(await repair.ended(), 130);
    assert.match(repair.stderr, /^pimsync: interrupted; what was repaired stays so/);
  });

  const wrong: [args: string[], status: number, said: RegExp][] = [
    [[], 2, /missing required argument/],
    [['nope'], 2, /no storage "nope"; there are: local, copy, people, feed/],
    [['both'], 2, /no storage "both"/],
    [['local/nope'], 2, /storage "local" has no collection "nope"; it has: home, work/],
    [['local/'], 2, /"local\/" names no collection; write local\/COLLECTION/],
    [['local', 'superfluous'], 2, /too many arguments/],
    [['feed'], 1, /storage "feed" is a feed on the web, .*; repair the storage that it is copied to/],
  ];
  for (const [args, status, said] of wrong) {
    it(`repair ${args.join(' ')}: status ${status}`, async (t) => {
      const desk = await deskOf(t);
      await fill(desk);
      const ended = await desk.pimsync(['repair', ...args]);
      assert.match(ended.stderr, said);
      assert.deepEqual([ended.status, ended.stdout], [status, '']);
    });
  }
});

const byText = (one: string, other: string): number => (one < other ? -1 : 1);
