import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Companion } from '../support/companion.ts';
import { endsOf, eventually } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import { versionedEvent } from '../support/saver.ts';
import { VdirSource } from '../support/vdir-source.ts';

const skip = requirement('fuse');
const NAMES = ['e0.ics', 'e1.ics', 'e2.ics', 'e3.ics', 'e4.ics'];
const ROUNDS = 60;

describe('who looks while the server changes', { skip, timeout: 120_000 }, () => {
  it('reads whole versions, never an older one again, and no call fails', async (t) => {
    const ends = endsOf(t);
    const source = await VdirSource.mounted(ends, NAMES);
    const readers = await Promise.all(
      [1, 2].map(() => Companion.start(ends, 'read-loop', [source.shown, ...NAMES])),
    );
    for (let version = 1; version <= ROUNDS; version += 1) {
      await Promise.all(NAMES.map((name) => source.put(name, version)));
      await source.sync();
    }
    for (const reader of readers) {
      const { reads, failures, torn, versions } = JSON.parse(await reader.finish()) as {
        reads: number;
        failures: string[];
        torn: string[];
        versions: number;
      };
      assert.deepEqual({ failures, torn }, { failures: [], torn: [] });
      assert.ok(versions > NAMES.length && reads > versions);
    }
    for (const name of NAMES)
      assert.equal(await source.place.read('local', 'work', name), versionedEvent(name, ROUNDS));
  });

  it('is woken by each change, new item and deletion', async (t) => {
    const ends = endsOf(t);
    const source = await VdirSource.mounted(ends, NAMES);
    const watcher = await Companion.start(ends, 'watch-folder', [source.shown]);
    const count = (line: string): number => watcher.output.split('\n').filter((one) => one === line).length;
    const sees = (line: string, times: number): Promise<unknown> =>
      eventually(`"${line}" ${times} times`, async () => count(line) >= times);
    for (let version = 1; version <= 5; version += 1) {
      await source.put('e0.ics', version);
      await source.sync();
      await sees('change e0.ics', version);
    }
    await source.put('fresh.ics', 1);
    await source.sync();
    await sees('rename fresh.ics', 1);
    await source.remove('fresh.ics');
    await source.sync();
    await sees('rename fresh.ics', 2);
    assert.equal(count('change e1.ics') + count('rename e1.ics'), 0);
  });
});
