import { PimsyncError } from '../core/errors.ts';
import type { Item } from '../core/item.ts';
import { nameAt } from '../core/item-name.ts';
import { otherSide, type Side, type Version } from '../core/status.ts';
import type { Collection, Href, WriteResult } from '../core/storage.ts';
import type { Send } from './action.ts';
import { updateCopies } from './update-copies.ts';
import type { ExecuteContext } from './execute.ts';
import { inParallel } from './in-parallel.ts';
import type { Sent } from './ledger.ts';

interface Ready {
  readonly action: Send;
  readonly item: Item;
  readonly source: Version;
}

/** Sends items to one side, and records what that side made of them. */
export class Sender {
  readonly #context: ExecuteContext;
  readonly #target: Collection;
  readonly #sourceSide: Side;

  constructor(on: Side, context: ExecuteContext) {
    this.#context = context;
    this.#target = context.collections[on];
    this.#sourceSide = otherSide(on);
  }

  /** Sends a chunk of actions of one type. */
  async send(actions: readonly Send[]): Promise<void> {
    const { leftovers } = this.#context;
    const ready = await this.#load(actions);
    leftovers.markInFlight(ready.map(({ action }) => action));
    if (this.#target.createMany && ready.length > 1 && ready.every(({ action }) => action.type === 'create'))
      await this.#createMany(this.#target.createMany.bind(this.#target), ready);
    else await inParallel(this.#target.parallelWrites, ready, (one) => this.#sendOne(one));
  }

  /** The texts: from memory, else fetched once more, and then the newest. What is no longer there is left for a new plan. */
  async #load(actions: readonly Send[]): Promise<Ready[]> {
    const { pool, collections, ledger, signal } = this.#context;
    const ready: Ready[] = [];
    const missing = new Map<Href, Send>();
    for (const action of actions) {
      const item = pool.get(this.#sourceSide, action.source.href);
      if (item?.hash === action.source.hash) ready.push({ action, item, source: action.source });
      else missing.set(action.source.href, action);
    }
    if (missing.size === 0) return ready;
    for await (const fetched of collections[this.#sourceSide].fetch([...missing.keys()], signal)) {
      const action = missing.get(fetched.href);
      if (!action || fetched.type !== 'item' || fetched.item.ident !== action.ident) continue;
      missing.delete(fetched.href);
      const { href, etag, item } = fetched;
      ready.push({ action, item, source: { href, etag, hash: item.hash } });
    }
    for (const action of missing.values()) ledger.sourceMoved(action);
    return ready;
  }

  async #sendOne(ready: Ready): Promise<void> {
    const { signal } = this.#context;
    const { action, item } = ready;
    signal?.throwIfAborted();
    let result: WriteResult;
    try {
      result =
        action.type === 'create'
          ? await this.#target.create(item, { name: nameAt(action.source.href) }, signal)
          : await this.#target.update(action.target, item, signal, action.reason);
    } catch (error) {
      if (!(error instanceof PimsyncError)) throw error;
      this.#context.ledger.failed(action, error);
      return;
    }
    await this.#confirm([{ ready, result }]);
    if (action.type === 'update') await updateCopies(action, item, this.#context);
  }

  async #createMany(
    createMany: NonNullable<Collection['createMany']>,
    chunk: readonly Ready[],
  ): Promise<void> {
    const { ledger, signal } = this.#context;
    signal?.throwIfAborted();
    const wanted = chunk.map(({ item, source }) => ({ item, name: nameAt(source.href) }));
    const results = await createMany(wanted, signal);
    const stored: { ready: Ready; result: WriteResult }[] = [];
    for (const [at, ready] of chunk.entries()) {
      const result = results[at];
      if (!result) throw new RangeError('createMany answered for fewer items than it was given');
      if (result instanceof PimsyncError) ledger.failed(ready.action, result);
      else stored.push({ ready, result });
    }
    await this.#confirm(stored);
  }

  /**
   * A withheld etag means that something else than the sent text may be stored: read it back, or the next run sees a change
   * nobody made. A write by another client in between is taken for ours; the window is one request.
   */
  async #confirm(stored: readonly { readonly ready: Ready; readonly result: WriteResult }[]): Promise<void> {
    const { ledger, pool, signal } = this.#context;
    const sent: Sent[] = [];
    const withheld = new Map<Href, Ready>();
    for (const { ready, result } of stored) {
      const { href, etag } = result;
      if (etag === undefined) withheld.set(href, ready);
      else sent.push(toSent(ready, { href, etag, hash: ready.item.hash }));
    }
    if (withheld.size > 0) {
      for await (const fetched of this.#target.fetch([...withheld.keys()], signal)) {
        const ready = withheld.get(fetched.href);
        if (!ready || fetched.type !== 'item') continue;
        withheld.delete(fetched.href);
        sent.push(toSent(ready, { href: fetched.href, etag: fetched.etag, hash: fetched.item.hash }));
      }
    }
    ledger.sent(sent);
    for (const { source } of sent) pool.drop(this.#sourceSide, source.href);
    for (const { action } of withheld.values()) ledger.unconfirmed(action);
  }
}

const toSent = ({ action, source, item }: Ready, written: Version): Sent => ({
  action,
  source,
  written,
  text: item.text,
});
