import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Account, contactOf, eventOf, SERVERS } from '../support/account.ts';
import { Ends, eventually, sh } from '../support/program.ts';
import { requirement, type Requirement } from '../support/requirements.ts';

/** Each changes "Room 1" of the file `$1` in the current directory to "Room 2" in its own way. `$T` is a file elsewhere. */
const EDITS: readonly [program: string, script: string, needs?: Requirement][] = [
  ['vim', `vim -Nu NONE -es +'%s/Room 1/Room 2/' +wq "$1" </dev/null`, 'vim'],
  ['vim with backupcopy', `vim -Nu NONE -es +'set bkc=yes' +'%s/Room 1/Room 2/' +wq "$1" </dev/null`, 'vim'],
  ['vim that saves twice', `vim -Nu NONE -es +'%s/Room 1/Room 2/' +'w | w | wq' "$1" </dev/null`, 'vim'],
  ['nano', nano(), 'nano'],
  ['sed -i', `sed -i 's/Room 1/Room 2/' "$1"`],
  ['perl -i', `perl -pi -e 's/Room 1/Room 2/' "$1"`],
  ['perl -i with a backup', `perl -pi.bak -e 's/Room 1/Room 2/' "$1"; rm "$1.bak"`],
  ['cp', `sed 's/Room 1/Room 2/' "$1" >"$T"; cp "$T" "$1"`],
  ['cp --remove-destination', `sed 's/Room 1/Room 2/' "$1" >"$T"; cp --remove-destination "$T" "$1"`],
  ['mv', `sed 's/Room 1/Room 2/' "$1" >"$T"; mv "$T" "$1"`],
  ['cat >', `sed 's/Room 1/Room 2/' "$1" >"$T"; cat "$T" >"$1"`],
  ['rm, then cp', `sed 's/Room 1/Room 2/' "$1" >"$T"; rm "$1"; cp "$T" "$1"`],
];

/** In a terminal of its own, where nano can be typed at. Its end shows by a file: tmux loses a `wait-for` at times. */
function nano(): string {
  return `tmux="tmux -L pimsync-nano-$$"
    $tmux -f /dev/null new-session -d -s n -x 80 -y 24 "TERM=screen nano -I '$1'; touch '$T.ended'; sleep 60"
    server=$($tmux display-message -p '#{pid}')
    until $tmux capture-pane -p -t n | grep -q 'Room 1'; do sleep 0.05; done
    $tmux send-keys -t n C-\\\\ 'Room 1' Enter 'Room 2' Enter A
    until $tmux capture-pane -p -t n | grep -q 'Room 2'; do sleep 0.05; done
    $tmux send-keys -t n C-o Enter
    until grep -q 'Room 2' "$1"; do sleep 0.05; done
    $tmux send-keys -t n C-x
    until [ -e "$T.ended" ]; do sleep 0.05; done
    $tmux kill-server
    while kill -0 "$server" 2>/dev/null; do sleep 0.05; done`;
}

for (const server of Object.keys(SERVERS) as (keyof typeof SERVERS)[]) {
  const skip = requirement('fuse') ?? requirement(server);
  describe(`edits in a mount of ${server}`, { skip, timeout: 120_000 }, () => {
    const ends = new Ends();
    let account: Account;
    let home: URL;
    before(async () => {
      const events = [...EDITS.keys()].map((n) => `edit${n}`);
      account = await Account.make(ends, {
        server,
        events: [...events, 'away', 'back', 'old-name', 'moved'],
        contacts: ['ada'],
      });
      home = await account.dav.makeCollection('calendar', 'home');
      await account.mountFilled(ends);
    });
    after(() => ends.close());
    beforeEach(() => account.proxy.forget());

    /** In the calendar, with `$1` and `$T`. */
    const inWork = (script: string, file = ''): Promise<string> =>
      sh(`set -- '${file}'; ${script}`, {
        cwd: account.place.at('dav', 'work'),
        env: { T: `${account.place.folder}/elsewhere` },
      });
    /** Everything that was sent, when nothing is under way any more. */
    const sent = async (): Promise<string[]> => {
      await account.sync();
      return account.proxy.writes();
    };

    for (const [n, [program, script, needs]] of EDITS.entries()) {
      it(`${program}: one PUT with If-Match`, { skip: needs && requirement(needs) }, async () => {
        const name = `edit${n}.ics`;
        await inWork(script, name);
        await account.arrives(name, 'Room 2');
        assert.deepEqual(await sent(), [`PUT ${name}`]);
        const [put] = account.proxy.all('PUT');
        assert.match(put?.ifMatch ?? '', /^"/);
        assert.equal(put?.ifNoneMatch, undefined);
        assert.equal(put?.body, await account.place.read('dav', 'work', name));
      });
    }

    it('a new event: one PUT with If-None-Match', async () => {
      await inWork(`printf %s '${eventOf('new')}' >"$T"; cp "$T" new.ics`);
      await account.arrives('new.ics', 'UID:new');
      assert.deepEqual(await sent(), ['PUT new.ics']);
      const [put] = account.proxy.all('PUT');
      assert.deepEqual([put?.ifMatch, put?.ifNoneMatch], [undefined, '*']);
    });

    it('a new contact, and an edit of one: a PUT each', async () => {
      const cwd = account.place.at('cards', 'friends');
      await sh(`printf %s '${contactOf('eve')}' > eve.vcf; sed -i 's/Room 1/Room 2/' ada.vcf`, { cwd });
      await account.arrives('ada.vcf', 'Room 2');
      await account.arrives('eve.vcf', 'UID:eve');
      assert.deepEqual((await sent()).toSorted(), ['PUT ada.vcf', 'PUT eve.vcf']);
    });

    it('rm: one DELETE with If-Match', async () => {
      await inWork('rm away.ics');
      await eventually('the item to be gone', async () => (await account.onServer('away.ics')) === undefined);
      assert.deepEqual(await sent(), ['DELETE away.ics']);
      assert.match(account.proxy.all('DELETE')[0]?.ifMatch ?? '', /^"/);
    });

    it('rm and the very same back again within the grace time: nothing', async () => {
      await inWork('cp back.ics "$T"; rm back.ics; cp "$T" back.ics; sed -i "s/Room 2/Room 3/" edit0.ics');
      await eventually('the later edit to be sent', async () => account.proxy.all('PUT').length > 0);
      assert.deepEqual(await sent(), ['PUT edit0.ics']);
    });

    it('mv to another name: the server keeps one item, with its text', async () => {
      const text = await account.onServer('old-name.ics');
      await inWork('mv old-name.ics new-name.ics; sed -i "s/Room 2/Room 3/" edit1.ics');
      await eventually('the later edit to be sent', async () => account.proxy.all('PUT').length > 0);
      await account.sync();
      const names = await account.dav.list(account.calendar);
      const named = names.filter((name) => /^(old|new)-name/.test(name));
      assert.equal(named.length, 1);
      assert.equal(await account.onServer(named[0] ?? ''), text);
    });

    it('mv to another calendar: there, and no longer here', async () => {
      await inWork('mv moved.ics ../home/');
      await eventually('the item to be there', async () => account.dav.get(new URL('moved.ics', home)));
      await eventually(
        'the item to be gone',
        async () => (await account.onServer('moved.ics')) === undefined,
      );
    });

    it('scratch files and half an item stay here', async () => {
      await inWork(
        `echo x > notes.txt; echo x > .hidden.ics; echo x > 'a.ics~'; echo BEGIN:VCALENDAR > half.ics; : > empty.ics`,
      );
      await inWork(`sed -i 's/Room 2/Room 3/' edit2.ics`);
      await account.arrives('edit2.ics', 'Room 3');
      assert.deepEqual(await sent(), ['PUT edit2.ics']);
    });
  });
}
