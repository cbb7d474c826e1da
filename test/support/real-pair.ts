import assert from 'node:assert/strict';
import { createPairStatus } from '../../src/cache/status-store.ts';
import { type Database, openDatabase } from '../../src/cache/database.ts';
import { describeText } from '../../src/core/describe.ts';
import { METADATA_NAMES } from '../../src/core/item-name.ts';
import { parseItem } from '../../src/core/item.ts';
import type { Side as SideName, StatusStore } from '../../src/core/status.ts';
import type {
  CollectionInfo,
  CollectionProperties,
  PropertyChanges,
  Storage,
} from '../../src/core/storage.ts';
import { createDavStorage } from '../../src/dav/storage.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { type Pair, syncPair, type SyncOptions } from '../../src/sync/engine.ts';
import type { CollectionReport, PairReport } from '../../src/sync/report.ts';
import { createVdirStorage } from '../../src/vdir/storage.ts';
import { RawDav } from '../servers/raw-dav.ts';
import type { TestServer } from '../servers/server.ts';
import { SERVERS } from './account.ts';
import { accountOn, MemoryMemo } from './dav-options.ts';
import { Desk } from './desk.ts';
import { eventText, textOf } from './items.ts';
import type { Ends } from './program.ts';
import { FolderSide, ServerSide, type Side } from './side.ts';
import { Spy, spiedStorage } from './spied-storage.ts';
import { type Contents, optionsOf } from './two-sides.ts';

/** Where a side of a pair is. */
export type Where = 'vdir' | keyof typeof SERVERS;

type Both<T> = Readonly<Record<SideName, T>>;

/** Two real places, for as many scenarios as there are: each gets collections of its own. */
export class RealPlaces {
  readonly #sides: Both<Side>;
  readonly #open: Both<(readOnly: boolean) => Storage>;
  readonly #drops: readonly ((id: string) => Promise<void>)[];
  readonly where: Both<Where>;
  #count = 0;

  private constructor(where: Both<Where>, parts: Both<PlaceParts>) {
    this.where = where;
    this.#sides = { a: parts.a.side, b: parts.b.side };
    this.#open = { a: parts.a.open, b: parts.b.open };
    this.#drops = [parts.a.drop, parts.b.drop];
  }

  static async make(ends: Ends, where: Both<Where>): Promise<RealPlaces> {
    const desk = await Desk.make(ends, { storages: { one: 'vdir/icalendar', two: 'vdir/icalendar' } });
    const [a, b] = await Promise.all([
      placeOf(ends, desk, 'one', where.a),
      placeOf(ends, desk, 'two', where.b),
    ]);
    return new RealPlaces(where, { a, b });
  }

  /** Collections that nobody has used, `work` and as many more as wanted, and the engine's memory of none of them. */
  async scenario(setup: RealSetup = {}): Promise<RealPair> {
    this.#count += 1;
    const names = ['work', ...(setup.more ?? [])];
    const ids = new Map(names.map((name) => [name, `${name}-${this.#count}`]));
    for (const id of ids.values())
      await Promise.all([this.#sides.a.makeCollection(id), this.#sides.b.makeCollection(id)]);
    return new RealPair({ setup, ids, sides: this.#sides, open: this.#open, drops: this.#drops });
  }
}

export interface RealSetup {
  /** Names of further collections. */
  readonly more?: readonly string[];
  readonly conflict?: Pair['conflict'];
  readonly oneWay?: boolean;
}

interface PlaceParts {
  readonly side: Side;
  readonly open: (readOnly: boolean) => Storage;
  readonly drop: (id: string) => Promise<void>;
}

async function placeOf(ends: Ends, desk: Desk, name: string, where: Where): Promise<PlaceParts> {
  if (where === 'vdir') {
    const path = desk.at(name);
    return {
      side: new FolderSide(desk, name, 'calendar'),
      open: (readOnly) => createVdirStorage({ name, kind: 'calendar', path, readOnly, log: silentLogger }),
      drop: (id) => desk.remove(`${name}/${id}`),
    };
  }
  const server: TestServer = await SERVERS[where]();
  ends.add(() => server.stop());
  const dav = new RawDav(server);
  const memo = new MemoryMemo();
  return {
    side: new ServerSide(dav, 'calendar'),
    open: (readOnly) => createDavStorage(accountOn('calendar', server, { name, readOnly, memo })),
    // Left behind, they would make each look at the home slower than the one before.
    drop: (id) => dav.remove(new URL(`${id}/`, dav.home('calendar'))),
  };
}

interface Parts {
  readonly setup: RealSetup;
  readonly ids: ReadonlyMap<string, string>;
  readonly sides: Both<Side>;
  readonly open: Both<(readOnly: boolean) => Storage>;
  readonly drops: readonly ((id: string) => Promise<void>)[];
}

/** What happens to the collection is about `work`, unless another is named. */
export class RealPair {
  readonly spies: Both<Spy> = { a: new Spy('a'), b: new Spy('b') };
  readonly clock = { ms: Date.UTC(2026, 10, 22) };
  /** Changed at any time; the next run goes by it. */
  readonly readOnly = { a: false, b: false };
  conflict: Pair['conflict'];
  readonly #parts: Parts;
  readonly #db: Database = openDatabase(':memory:');

  constructor(parts: Parts) {
    this.#parts = parts;
    this.conflict = parts.setup.conflict ?? 'manual';
  }

  async close(): Promise<void> {
    this.#db.close();
    for (const drop of this.#parts.drops) for (const id of this.#parts.ids.values()) await drop(id);
  }

  /** Both sides hold these, and the engine knows. */
  async start(contents: Contents): Promise<void> {
    await this.put('a', contents);
    await this.put('b', contents);
    await this.settled();
    for (const side of ['a', 'b'] as const) this.spies[side].forget();
  }

  /** A run in which all goes well. */
  async settled(options: Partial<SyncOptions> = {}): Promise<void> {
    const { problems, error } = await this.sync(options);
    assert.deepEqual([problems, error], [[], undefined]);
  }

  /** A further run has nothing to do. */
  async isAtRest(): Promise<void> {
    for (const side of ['a', 'b'] as const) this.spies[side].forget();
    const { collections, error } = await this.syncAll();
    assert.deepEqual([collections.flatMap(({ changes }) => changes), error], [[], undefined]);
    this.wroteNothing();
  }

  async sync(options: Partial<SyncOptions> = {}): Promise<CollectionReport> {
    const { collections, error } = await this.syncAll(options);
    assert.equal(error, undefined);
    const work = collections.find(({ name }) => name === 'work');
    assert.ok(work);
    return work;
  }

  /** As the program does at its start: nothing is known but what was written down. */
  async syncAll(options: Partial<SyncOptions> = {}): Promise<PairReport> {
    const { setup, ids, open } = this.#parts;
    const { a, b } = { a: open.a(this.readOnly.a), b: open.b(this.readOnly.b) };
    try {
      const pair: Pair = {
        name: 'pair',
        a: spiedStorage(a, this.spies.a),
        b: spiedStorage(b, this.spies.b),
        collections: { type: 'list', entries: [...ids].map(([name, id]) => ({ name, a: id, b: id })) },
        onEmpty: 'skip',
        onDelete: 'sync',
        oneWay: setup.oneWay ?? false,
        noDelete: { a: false, b: false },
        properties: METADATA_NAMES,
        conflict: this.conflict,
        status: createPairStatus(this.#db, 'pair'),
      };
      return await syncPair(pair, optionsOf(this.clock, options));
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  }

  /** The engine's memory of a collection. */
  status(name = 'work'): StatusStore {
    const status = createPairStatus(this.#db, 'pair');
    const mapping = status.mappings().find((one) => one.name === name);
    assert.ok(mapping, `nothing is known of ${name}`);
    return status.open(mapping);
  }

  /** Makes a side hold exactly this, as another client would. */
  async put(side: SideName, contents: Contents, collection = 'work'): Promise<void> {
    const now = await this.#read(side, collection);
    for (const [uid, { name }] of now) if (!(uid in contents)) await this.drop(side, name, collection);
    for (const [uid, title] of Object.entries(contents)) {
      const found = now.get(uid);
      if (found?.title !== title)
        await this.putText(side, found?.name ?? uid, textOf('calendar', uid, title), collection);
    }
  }

  putText(side: SideName, name: string, text: string, collection = 'work'): Promise<void> {
    return this.#parts.sides[side].put(this.#id(collection), name, text);
  }

  drop(side: SideName, name: string, collection = 'work'): Promise<void> {
    return this.#parts.sides[side].remove(this.#id(collection), name);
  }

  /** `undefined`: there is none. */
  text(side: SideName, name: string, collection = 'work'): Promise<string | undefined> {
    return this.#parts.sides[side].read(this.#id(collection), name);
  }

  names(side: SideName, collection = 'work'): Promise<string[]> {
    return this.#parts.sides[side].names(this.#id(collection));
  }

  async holds(side: SideName, contents: Contents, collection = 'work'): Promise<void> {
    const now = await this.#read(side, collection);
    const titles = Object.fromEntries([...now].map(([uid, { title }]) => [uid, title]));
    assert.deepEqual(titles, { ...contents }, `side ${side}`);
  }

  async bothHold(contents: Contents, collection = 'work'): Promise<void> {
    for (const side of ['a', 'b'] as const) await this.holds(side, contents, collection);
  }

  /** Sets properties of a side, as another client would; `undefined` takes one away. */
  async setProperties(side: SideName, changes: PropertyChanges): Promise<void> {
    await this.#ask(side, async (storage, info) => {
      assert.deepEqual(await storage.setProperties(info, changes), new Map());
    });
  }

  properties(side: SideName): Promise<CollectionProperties> {
    return this.#ask(side, async (_, info) => info.properties);
  }

  /** Nothing was written to either side since `forget` of its spy. */
  wroteNothing(): void {
    assert.deepEqual([this.spies.a.writes, this.spies.b.writes], [[], []]);
  }

  async #read(side: SideName, collection: string): Promise<Map<string, { name: string; title: string }>> {
    const found = new Map<string, { name: string; title: string }>();
    for (const [name, text] of await this.#parts.sides[side].contents(this.#id(collection))) {
      const uid = parseItem('calendar', text).uid ?? 'no UID';
      const title = describeText('calendar', text).title ?? '';
      const other = found.get(uid);
      found.set(uid, { name, title: other ? `${other.title} + ${title}` : title });
    }
    return found;
  }

  async #ask<T>(
    side: SideName,
    question: (storage: Storage, info: CollectionInfo) => Promise<T>,
  ): Promise<T> {
    const storage = this.#parts.open[side](false);
    try {
      const info = (await storage.discover()).find(({ id }) => id === this.#id('work'));
      assert.ok(info);
      return await question(storage, info);
    } finally {
      await storage.close();
    }
  }

  #id(collection: string): string {
    const id = this.#parts.ids.get(collection);
    assert.ok(id);
    return id;
  }
}

/** Without a UID. */
export const anonymous = (title: string): string => eventText({ uid: undefined, summary: title });
