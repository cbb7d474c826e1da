import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Account } from '../support/account.ts';
import { eventText } from '../support/items.ts';
import { PimTools } from '../support/pim-tools.ts';
import { Ends, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import { Screen } from '../support/screen.ts';

const skip = requirement('fuse') ?? requirement('radicale') ?? requirement('khal') ?? requirement('tmux');

/** ikhal as it is, but that it looks for changes each fifth of a second in place of each minute. */
const IKHAL = `import urwid
set_alarm_in = urwid.MainLoop.set_alarm_in
urwid.MainLoop.set_alarm_in = lambda loop, seconds, *rest: set_alarm_in(loop, min(seconds, 0.2), *rest)
from khal.cli import main_ikhal
main_ikhal([])`;

/** One that is there whatever day the test runs. */
const daily = (uid: string, summary: string): string =>
  eventText({ uid, summary, start: '20260101T100000Z', lines: ['RRULE:FREQ=DAILY'] });

describe('ikhal, which looks for changes while it runs', { skip, timeout: 120_000 }, () => {
  const ends = new Ends();
  let account: Account;
  let screen: Screen;
  before(async () => {
    account = await Account.make(ends, { contacts: ['ada'] });
    await account.dav.put(account.url('standup.ics'), daily('standup', 'standup'));
    await account.mountFilled(ends);
    const { place } = account;
    const { env } = await PimTools.setUp(place);
    const at = (name: string): string => join(place.folder, name);
    // The Python that has khal need not be the first one on the path.
    const python = (await sh('head -n 1 "$(command -v ikhal)"')).replace('#!', '').trim();
    // Its calendar takes C.UTF-8 for en_US.UTF-8, which need not be there.
    const options = { program: [python, '-c', IKHAL], args: [], env: { ...env, LC_ALL: 'C' } };
    screen = await Screen.start(ends, { at, place }, options);
    await screen.shows('standup');
  });
  after(() => ends.close());

  it('shows what changes on the server, is new there, and is deleted', async () => {
    await account.changeOnServer('standup.ics', 'SUMMARY:standup', 'SUMMARY:another title');
    await account.sync();
    await screen.shows('another title');
    await account.dav.put(account.url('fresh.ics'), daily('fresh', 'brand-new'));
    await account.sync();
    await screen.shows('brand-new');
    await account.dav.remove(account.url('fresh.ics'));
    await account.sync();
    await screen.hides('brand-new');
  });

  it('shows what another program writes here, which is sent once', async () => {
    const cwd = account.place.at('dav', 'work');
    account.proxy.forget();
    await sh(`sed -i 's/another title/a third one/' standup.ics`, { cwd });
    await screen.shows('a third one');
    await account.arrives('standup.ics', 'a third one');
    await account.sync();
    assert.deepEqual(account.proxy.writes(), ['PUT standup.ics']);
  });
});
