import type { Item } from '../../src/core/item.ts';
import type { Side } from '../../src/core/status.ts';
import type { Changes, Collection, CollectionInfo, Href, ItemRef, Storage } from '../../src/core/storage.ts';

/** What was asked of the collections of a storage, and when it is about to be asked or was done. */
export type SpiedCall = 'changes' | 'create' | 'createMany' | 'update' | 'remove' | 'move' | 'setProperties';
export type When = 'before' | 'after';

/** What a test knows of a real storage that the engine uses, and what it does to it. */
export class Spy {
  readonly side: Side;
  /** Writes that were sent, as `create standup`; those that were refused too. */
  writes: string[] = [];
  fetched: Href[] = [];
  /** Called before and after each call took effect; what it throws is thrown in place of the answer. */
  onCall: ((call: SpiedCall, when: When, subject: string) => Promise<void> | void) | undefined;
  /** Answers a question for changes in the storage's place; `undefined` lets the storage answer. */
  answers: ((given: Changes) => Changes) | undefined;

  constructor(side: Side) {
    this.side = side;
  }

  forget(): void {
    this.writes = [];
    this.fetched = [];
  }

  async around<T>(call: SpiedCall, subject: string, run: () => Promise<T>): Promise<T> {
    if (call !== 'changes') this.writes.push(`${call} ${subject}`);
    await this.onCall?.(call, 'before', subject);
    const result = await run();
    await this.onCall?.(call, 'after', subject);
    return result;
  }
}

/** The same storage, with somebody watching. */
export function spiedStorage(real: Storage, spy: Spy): Storage {
  return {
    name: real.name,
    kind: real.kind,
    properties: real.properties,
    discover: (signal) => real.discover(signal),
    open: (info) => spiedCollection(real.open(info), spy),
    createCollection: (wanted, signal) => real.createCollection(wanted, signal),
    deleteCollection: (info, signal) => real.deleteCollection(info, signal),
    setProperties: (info, changes, signal) =>
      spy.around('setProperties', [...changes.keys()].join(' '), () =>
        real.setProperties(info, changes, signal),
      ),
    close: () => real.close(),
  };
}

function spiedCollection(real: Collection, spy: Spy): Collection {
  const createMany = real.createMany?.bind(real);
  const move = real.move?.bind(real);
  return {
    info: real.info,
    deletions: real.deletions,
    parallelWrites: real.parallelWrites,
    async changes(token, signal) {
      const given = await spy.around('changes', real.info.id, () => real.changes(token, signal));
      return token !== undefined && spy.answers ? spy.answers(given) : given;
    },
    fetch(hrefs, signal) {
      spy.fetched.push(...hrefs);
      return real.fetch(hrefs, signal);
    },
    create: (item, options, signal) =>
      spy.around('create', uidOf(item), () => real.create(item, options, signal)),
    update: (ref: ItemRef, item, signal) =>
      spy.around('update', uidOf(item), () => real.update(ref, item, signal)),
    remove: (ref, signal) => spy.around('remove', ref.href, () => real.remove(ref, signal)),
    ...(createMany && {
      createMany: (items, signal) =>
        spy.around('createMany', items.map(({ item }) => uidOf(item)).join(' '), () =>
          createMany(items, signal),
        ),
    }),
    ...(move && {
      move: (ref: ItemRef, to: CollectionInfo, signal) =>
        spy.around('move', ref.href, () => move(ref, to, signal)),
    }),
  };
}

const uidOf = ({ uid }: Item): string => uid ?? 'an item without UID';
