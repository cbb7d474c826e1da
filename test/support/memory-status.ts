import type { Ident } from '../../src/core/item.ts';
import type { Href, PropertyName } from '../../src/core/storage.ts';
import type {
  AgreedProperty,
  Agreement,
  Mapping,
  PairStatus,
  Progress,
  Side,
  StatusStore,
  SyncedItem,
  Trouble,
  Unfinished,
} from '../../src/core/status.ts';

const SIDES = ['a', 'b'] as const;
const NOTHING_READ: Progress = { token: undefined, state: undefined };

/** A mapping's memory without a database. Throws where a database's constraints would. */
export class MemoryStatus implements StatusStore {
  /** Agreements written so far, one entry a transaction. */
  readonly puts: number[] = [];
  /** Called before every write; may throw, which is how tests kill a run. */
  onWrite: (() => void) | undefined;
  readonly #rows = new Map<Ident, Agreement>();
  readonly #byHref: Record<Side, Map<Href, Ident>> = { a: new Map(), b: new Map() };
  readonly #progress: Record<Side, Progress> = { a: NOTHING_READ, b: NOTHING_READ };
  readonly #lastCompleteAtMs: Partial<Record<Side, number>> = {};
  readonly #properties = new Map<PropertyName, AgreedProperty>();
  readonly #removals: { readonly on: Side; readonly atMs: number }[] = [];
  #unfinished = new Map<Ident, Unfinished>();
  #settings: string | undefined;

  get(ident: Ident): SyncedItem | undefined {
    const row = this.#rows.get(ident);
    return row && { ident, a: row.a, b: row.b };
  }

  byHref(side: Side, href: Href): SyncedItem | undefined {
    const ident = this.#byHref[side].get(href);
    return ident === undefined ? undefined : this.get(ident);
  }

  all(): Iterable<SyncedItem> {
    return [...this.#rows.values()].map(({ ident, a, b }) => ({ ident, a, b }));
  }

  count(): number {
    return this.#rows.size;
  }

  base(ident: Ident): string | undefined {
    return this.#rows.get(ident)?.text;
  }

  put(items: readonly Agreement[]): void {
    this.onWrite?.();
    this.puts.push(items.length);
    for (const item of items) this.#takeOut(item.ident);
    for (const { ident, a, b, text } of items) {
      this.#rows.set(ident, { ident, a, b, text: text ?? this.#kept.get(ident) });
      this.#claim('a', a.href, ident);
      this.#claim('b', b.href, ident);
      this.#unfinished.delete(ident);
    }
    this.#kept.clear();
  }

  forget(idents: readonly Ident[]): void {
    this.onWrite?.();
    for (const ident of idents) {
      this.#takeOut(ident);
      this.#unfinished.delete(ident);
    }
    this.#kept.clear();
  }

  removed(ident: Ident, on: Side, atMs: number): void {
    this.forget([ident]);
    this.#removals.push({ on, atMs });
  }

  removedSince(on: Side, sinceMs: number): number {
    return this.#removals.filter((removal) => removal.on === on && removal.atMs >= sinceMs).length;
  }

  properties(): ReadonlyMap<PropertyName, AgreedProperty> {
    return new Map(this.#properties);
  }

  putProperties(properties: ReadonlyMap<PropertyName, AgreedProperty>): void {
    this.onWrite?.();
    for (const [name, agreed] of properties) this.#properties.set(name, agreed);
  }

  unfinished(): readonly Unfinished[] {
    return [...this.#unfinished.values()];
  }

  finish(run: Parameters<StatusStore['finish']>[0]): void {
    this.onWrite?.();
    const unfinished = new Map(run.unfinished.map((left) => [left.ident, left]));
    if (unfinished.size !== run.unfinished.length) throw new Error('one ident is left over twice');
    this.#unfinished = unfinished;
    for (const side of SIDES) this.#progress[side] = run[side];
    this.#settings = run.settings ?? this.#settings;
  }

  settings(): string | undefined {
    return this.#settings;
  }

  progress(side: Side): Progress {
    return this.#progress[side];
  }

  lastCompleteAtMs(side: Side): number | undefined {
    return this.#lastCompleteAtMs[side];
  }

  setLastComplete(side: Side, atMs: number): void {
    this.onWrite?.();
    this.#lastCompleteAtMs[side] = atMs;
  }

  /** Texts of rows that are being replaced, for those that come without one. */
  readonly #kept = new Map<Ident, string | undefined>();

  #takeOut(ident: Ident): void {
    const row = this.#rows.get(ident);
    if (!row) return;
    this.#kept.set(ident, row.text);
    this.#rows.delete(ident);
    for (const side of SIDES) this.#byHref[side].delete(row[side].href);
  }

  #claim(side: Side, href: Href, ident: Ident): void {
    const owner = this.#byHref[side].get(href);
    if (owner !== undefined) throw new Error(`${href} belongs to ${owner} and cannot belong to ${ident}`);
    this.#byHref[side].set(href, ident);
  }
}

/** The memory of a pair; hrefs identify a mapping. */
export class MemoryPairStatus implements PairStatus {
  readonly #troubles = new Map<string, Trouble>();
  readonly #stores = new Map<string, { mapping: Mapping; store: MemoryStatus }>();

  mappings(): readonly Mapping[] {
    return [...this.#stores.values()].map(({ mapping }) => mapping);
  }

  open(mapping: Mapping): MemoryStatus {
    const key = `${mapping.a.href}\n${mapping.b.href}`;
    const store = this.#stores.get(key)?.store ?? new MemoryStatus();
    this.#stores.set(key, { mapping, store });
    return store;
  }

  forget({ a, b }: Mapping): void {
    this.#stores.delete(`${a.href}\n${b.href}`);
  }

  troubles(): ReadonlyMap<string, Trouble> {
    return new Map(this.#troubles);
  }

  setTrouble(name: string, trouble: Trouble | undefined): void {
    if (trouble) this.#troubles.set(name, trouble);
    else this.#troubles.delete(name);
  }
}
