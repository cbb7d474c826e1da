import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FileError } from '../../src/cache/file-tree.ts';
import { isItemName } from '../../src/core/item-name.ts';
import { parseItem } from '../../src/core/item.ts';
import { PimsyncError } from '../../src/core/errors.ts';
import { type Changes, type Collection, collectionId, type Etag, type Href } from '../../src/core/storage.ts';
import { eventText } from '../support/items.ts';
import { MountedCache } from '../support/mounted-cache.ts';

/** A file system as one would write it down in a minute: directories of names, names of files. */
interface ModelFile {
  text: string;
}
type Directory = Map<string, ModelFile>;
const DIRECTORIES = ['work', 'home', 'scratch'] as const;
type DirectoryName = (typeof DIRECTORIES)[number];
type Model = Record<DirectoryName, Directory>;

interface Known {
  readonly etag: Etag;
  readonly text: string;
}

/** What the engine knows of a collection by listening alone. */
interface Listener {
  readonly collection: Collection;
  token: Changes['token'];
  readonly known: Map<Href, Known>;
}

class Run {
  readonly cache: MountedCache;
  readonly folders: Record<DirectoryName, number>;
  readonly listeners: Record<'work' | 'home', Listener>;
  readonly model: Model = { work: new Map(), home: new Map(), scratch: new Map() };

  private constructor(cache: MountedCache, home: Collection) {
    this.cache = cache;
    this.folders = {
      work: cache.folder,
      home: cache.at('personal', 'home').ino,
      scratch: cache.tree.createDirectory(cache.folder, '.d', 0o700, 0).ino,
    };
    const listener = (collection: Collection): Listener => ({
      collection,
      token: undefined,
      known: new Map(),
    });
    this.listeners = { work: listener(cache.collection), home: listener(home) };
  }

  static async start(): Promise<Run> {
    const cache = await MountedCache.open();
    const info = await cache.storage.createCollection({
      id: collectionId('home'),
      kind: 'calendar',
      properties: {},
    });
    return new Run(cache, cache.storage.open(info));
  }

  now(): number {
    this.cache.clock.move(1);
    return this.cache.clock.nowMs();
  }
}

interface Place {
  readonly folder: DirectoryName;
  readonly name: string;
}

/** One thing that happens: to the tree, and to the model; both must agree whether it can. */
interface Step {
  readonly title: string;
  readonly run: (run: Run) => Promise<void> | void;
}

const place = fc.record({
  folder: fc.constantFrom(...DIRECTORIES),
  name: fc.constantFrom('a.ics', 'b.ics', 'tmp1', '.a.ics'),
});
const text = fc.constantFrom(
  '',
  'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n',
  ...['1', '2'].flatMap((uid) => ['tea', 'milk'].map((summary) => eventText({ uid, summary }))),
);

const saves = fc.record({ at: place, text }).map(({ at, text }): Step => ({
  title: `save ${at.folder}/${at.name} ${text.length}`,
  run({ cache, folders, model }) {
    cache.save(at.name, text, { folder: folders[at.folder] });
    const file = model[at.folder].get(at.name);
    if (file) file.text = text;
    else model[at.folder].set(at.name, { text });
  },
}));

const unlinks = place.map((at): Step => ({
  title: `unlink ${at.folder}/${at.name}`,
  run(run) {
    const expected = run.model[at.folder].has(at.name) ? undefined : 'ENOENT';
    outcome(expected, () => run.cache.tree.unlink(run.folders[at.folder], at.name, run.now()));
    run.model[at.folder].delete(at.name);
  },
}));

const links = fc.tuple(place, place).map(([from, to]): Step => ({
  title: `link ${from.folder}/${from.name} ${to.folder}/${to.name}`,
  run(run) {
    const file = run.model[from.folder].get(from.name);
    if (!file) return;
    const { ino } = inodeAt(run, from);
    const isTaken = run.model[to.folder].has(to.name);
    outcome(isTaken ? 'EEXIST' : undefined, () =>
      run.cache.tree.link(ino, run.folders[to.folder], to.name, run.now()),
    );
    if (!isTaken) run.model[to.folder].set(to.name, file);
  },
}));

const renames = fc.tuple(place, place).map(([from, to]): Step => ({
  title: `rename ${from.folder}/${from.name} ${to.folder}/${to.name}`,
  run(run) {
    const file = run.model[from.folder].get(from.name);
    const [source, target] = [from, to].map((at) => ({ parent: run.folders[at.folder], name: at.name }));
    assert.ok(source && target);
    outcome(file ? undefined : 'ENOENT', () => run.cache.tree.rename(source, target, run.now()));
    if (!file || run.model[to.folder].get(to.name) === file) return;
    run.model[from.folder].delete(from.name);
    run.model[to.folder].set(to.name, file);
  },
}));

/** The engine writes with the etag that it knows, which may be an old one. */
const engineWrites = fc
  .record({ at: place, write: fc.constantFrom('update', 'remove') })
  .map(({ at, write }): Step => ({
    title: `${write} ${at.folder}/${at.name}`,
    async run(run) {
      if (at.folder === 'scratch') return;
      const { known, collection } = run.listeners[at.folder];
      const [href, version] = [...known].find(([candidate]) => candidate.endsWith(`/${at.name}`)) ?? [];
      const file = run.model[at.folder].get(at.name);
      if (href === undefined || !version) return;
      const ref = { href, etag: version.etag };
      const item = parseItem('calendar', eventText({ uid: '1', summary: 'remote' }));
      try {
        if (write === 'update') {
          const { etag } = await collection.update(ref, item);
          assert.ok(file && etag, 'there was something to update');
          assert.equal(file.text, version.text, 'it was what the engine knew');
          file.text = item.text;
          known.set(href, { etag, text: item.text });
        } else {
          await collection.remove(ref);
          if (file) assert.equal(file.text, version.text, 'it was what the engine knew');
          run.model[at.folder].delete(at.name);
          known.delete(href);
        }
      } catch (error) {
        if (!(error instanceof PimsyncError)) throw error;
        assert.equal(error.code, 'precondition-failed');
      }
    },
  }));

const looks = fc.constantFrom('work' as const, 'home' as const).map((folder): Step => ({
  title: `look at ${folder}`,
  async run({ listeners }) {
    await listen(listeners[folder]);
  },
}));
const waits = fc
  .constantFrom(500, 3000, 60_000)
  .map((byMs): Step => ({ title: `wait ${byMs}`, run: ({ cache }) => cache.clock.move(byMs) }));

const steps = fc.array(fc.oneof(saves, saves, unlinks, links, renames, renames, engineWrites, looks, waits), {
  minLength: 1,
  maxLength: 30,
});

describe('the tree, whatever is done to it', () => {
  it('does as a plain file system does, and tells the engine exactly what is at rest', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const run = await Run.start();
        try {
          for (const step of all) {
            await step.run(run);
            assertSameFiles(run);
          }
          run.cache.settle();
          for (const folder of ['work', 'home'] as const) await assertToldAll(run, folder);
        } finally {
          run.cache.close();
        }
      }),
      { numRuns: 300 },
    );
  });
});

function outcome(expected: string | undefined, run: () => unknown): void {
  try {
    run();
    assert.equal(expected, undefined);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    assert.equal(error.code, expected);
  }
}

function inodeAt({ cache, folders }: Run, { folder, name }: Place): { ino: number; links: number } {
  const inode = cache.tree.lookup(folders[folder], name);
  assert.ok(inode);
  return inode;
}

/** The same names, the same bytes, and the same names for one and the same file. */
function assertSameFiles(run: Run): void {
  const { cache, folders, model } = run;
  const numbers = new Map<ModelFile, number>();
  const all = DIRECTORIES.flatMap((folder) => [...model[folder].values()]);
  for (const folder of DIRECTORIES) {
    const listed = cache.tree.children(folders[folder]).filter(({ type }) => type === 'file');
    const shown = [...model[folder].keys()].filter((name) => folder === 'scratch' || name !== '.a.ics');
    assert.deepEqual(
      listed.map(({ name }) => name),
      shown.toSorted(),
    );
    for (const [name, file] of model[folder]) {
      const { ino, links } = inodeAt(run, { folder, name });
      assert.equal(Buffer.from(cache.tree.read(ino)).toString(), file.text);
      assert.equal(numbers.get(file) ?? ino, ino, 'one file, one number');
      numbers.set(file, ino);
      assert.equal(links, all.filter((other) => other === file).length);
    }
  }
  assert.equal(new Set(numbers.values()).size, numbers.size, 'two files, two numbers');
}

async function listen(listener: Listener): Promise<ReadonlySet<Href>> {
  const { collection, known } = listener;
  const { complete, changed, removed, unclear, token } = await collection.changes(listener.token);
  if (complete) known.clear();
  for (const href of removed) known.delete(href);
  const stale = changed.filter(({ href, etag }) => known.get(href)?.etag !== etag).map(({ href }) => href);
  for await (const fetched of collection.fetch(stale)) {
    assert.equal(fetched.type, 'item');
    known.set(fetched.href, { etag: fetched.etag, text: fetched.item.text });
  }
  listener.token = token;
  return new Set(unclear.map(({ href }) => href));
}

async function assertToldAll({ listeners, model }: Run, folder: 'work' | 'home'): Promise<void> {
  const listener = listeners[folder];
  const unclear = await listen(listener);
  const items = [...model[folder]].filter(([name]) => isItemName('calendar', name));
  const isWhole = ({ text }: ModelFile): boolean => parseItem('calendar', text).whole;
  assert.deepEqual(
    [...unclear].toSorted(),
    items
      .filter(([, file]) => !isWhole(file))
      .map(([name]) => `${folder}/${name}`)
      .toSorted(),
    'only what is not whole is unclear at rest',
  );
  assert.deepEqual(
    new Map(
      [...listener.known].filter(([href]) => !unclear.has(href)).map(([href, { text }]) => [href, text]),
    ),
    new Map(
      items
        .filter(([, file]) => isWhole(file))
        .map(([name, { text }]) => [`${folder}/${name}`, text] as const),
    ),
  );
}
