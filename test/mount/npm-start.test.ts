import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventOf } from '../support/account.ts';
import { isMounted, LiveMount, Place, vdirTable } from '../support/place.ts';
import { endsOf, eventually, sh } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** `npm start` in a process group of its own, as a shell without a terminal starts it, showing a folder with one event. */
async function npmStart(t: TestContext): Promise<{ place: Place; mount: LiveMount; source: string }> {
  const ends = endsOf(t);
  const place = await Place.make(ends, { storages: [], mounted: [] });
  const vdirs = join(place.folder, 'vdirs');
  await mkdir(join(vdirs, 'work'), { recursive: true });
  const source = join(vdirs, 'work', 'standup.ics');
  await writeFile(source, eventOf('standup'));
  await place.configure({ storages: [vdirTable('local', vdirs)], mounted: ['local'] });
  const mount = await LiveMount.start(ends, place, {
    command: ['setsid', 'npm', 'start', '--'],
    args: [place.mountpoint],
    cwd: ROOT,
    env: { PIMSYNC_CONFIG: place.config },
  });
  await eventually('the event', () => place.read('local', 'work', 'standup.ics'));
  return { place, mount, source };
}

describe('npm start', { skip: requirement('fuse'), timeout: 240_000 }, () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    for (const [whom, idOf] of [
      ['npm alone', (pid: number) => pid],
      ['the whole group, to the mount too', (pid: number) => -pid],
    ] as const)
      it(`sends what is pending and unmounts at one ${signal} to ${whom}`, async (t) => {
        const { place, mount, source } = await npmStart(t);
        await sh(`sed -i 's/Room 1/Room 2/' standup.ics`, { cwd: place.at('local', 'work') });
        process.kill(idOf(mount.pid), signal);
        await mount.ended();
        await eventually('the mount to be gone', async () => !(await isMounted(place.mountpoint)));
        assert.match(await readFile(source, 'utf8'), /Room 2/);
        assert.doesNotMatch(mount.output, /not on the other side/);
      });
});
