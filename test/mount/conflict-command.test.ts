import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventText } from '../support/items.ts';
import { LiveMount, Place, vdirTable } from '../support/place.ts';
import { type Ends, endsOf, eventually } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const tea = (summary: string): string => eventText({ uid: 'tea', summary });

/** "tea" is in a folder that is mounted; a command decides about its conflicts. */
async function mounted(
  ends: Ends,
  script: string,
): Promise<{ place: Place; folder: string; live: LiveMount }> {
  const place = await Place.make(ends, { storages: [], mounted: [] });
  const vdirs = join(place.folder, 'vdirs');
  const folder = join(vdirs, 'work');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tea.ics'), tea('before'));
  await place.configure({
    storages: [vdirTable('local', vdirs, ['interval = "1h"', 'watch = false'])],
    mounted: ['local'],
    mountLines: [`conflict = { command = ["/bin/sh", "-euc", ${JSON.stringify(script)}, "decide"] }`],
  });
  const live = await LiveMount.start(ends, place);
  await eventually('tea in the mount', () => place.read('local', 'work', 'tea.ics'));
  return { place, folder, live };
}

describe('a mount with a command for conflicts', { skip: requirement('fuse'), timeout: 120_000 }, () => {
  it('shows and sends what the command decides, with nobody doing anything', async (t) => {
    const { place, folder } = await mounted(endsOf(t), 'sed -i "s/on the [a-z]*/decided/" "$@"');
    await writeFile(join(folder, 'tea.ics'), tea('on the server'));
    await writeFile(place.at('local', 'work', 'tea.ics'), tea('on the mount'));
    for (const path of [join(folder, 'tea.ics'), place.at('local', 'work', 'tea.ics')])
      await eventually(`the decision in ${path}`, async () =>
        (await readFile(path, 'utf8')).includes('decided'),
      );
    const { stdout } = await place.pimsync(['status', place.at('local', 'work', 'tea.ics')]);
    assert.match(stdout, /synced/);
  });

  it('keeps serving and sending while the command hangs, and stops at once with it', async (t) => {
    const { place, folder, live } = await mounted(endsOf(t), 'sleep 1000');
    await writeFile(join(folder, 'tea.ics'), tea('on the server'));
    await writeFile(place.at('local', 'work', 'tea.ics'), tea('on the mount'));
    await eventually('the conflict', async () =>
      (await place.pimsync(['conflicts'])).stdout.includes('its command is to decide'),
    );
    await writeFile(place.at('local', 'work', 'cake.ics'), eventText({ uid: 'cake' }));
    await eventually('cake to arrive', () => readFile(join(folder, 'cake.ics')));
    assert.match(await place.read('local', 'work', 'tea.ics'), /on the mount/);
    assert.equal(await live.stop(), 0);
    assert.match(await readFile(join(folder, 'tea.ics'), 'utf8'), /on the server/);
  });
});
