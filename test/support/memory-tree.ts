import {
  type ContentCommit,
  type DirectoryEntry,
  FileError,
  type FileTree,
  type Inode,
  type InodeType,
  STAGED_PREFIX,
} from '../../src/cache/file-tree.ts';
import type { ItemKind } from '../../src/core/item.ts';
import { namesOf, newRow, removeCollectionFrom, type Row } from './memory-row.ts';
import { MemoryStaging } from './memory-staging.ts';

interface Entry {
  readonly parent: number;
  readonly name: string;
}

/** The plainest FileTree there is: the model that file operations are tested against. */
export class MemoryTree implements FileTree {
  readonly rootIno = 1;
  /** `commit 5`, `release 5`…, in order. */
  readonly log: string[] = [];
  /** What the next changing call throws, once: a full or broken disk. */
  failure: Error | undefined;
  /** Inodes committed with `writers` and not yet released. */
  readonly written = new Set<number>();
  readonly #rows = new Map<number, Row>();
  readonly #staged = new MemoryStaging();
  #lastIno = 0;

  constructor() {
    this.#insert('root', 0o755, 0);
  }

  addStorage(name: string): number {
    return this.#enter({ parent: this.rootIno, name }, this.#insert('storage', 0o755, 0).inode.ino);
  }

  addCollection(storage: number, name: string, kind: ItemKind = 'calendar', readOnly = false): number {
    const { inode } = this.#insert('collection', 0o755, 0);
    this.#patch(inode.ino, { kind, readOnly, collection: inode.ino });
    return this.#enter({ parent: storage, name }, inode.ino);
  }

  /** As the engine's first fill does it. */
  addFile(parent: number, name: string, text: string, mtimeMs = 1000): number {
    const { inode } = this.#insert('file', 0o644, mtimeMs);
    this.#setBody(inode.ino, Buffer.from(text));
    const { collection, readOnly } = this.#get(parent).inode;
    this.#patch(inode.ino, { collection, readOnly, mtimeMs });
    return this.#enter({ parent, name }, inode.ino);
  }

  stageChange(ino: number, text: string): void {
    this.#staged.changes.set(ino, { body: Buffer.from(text), version: this.#get(ino).inode.version });
  }

  stageRemoval(parent: number, name: string): void {
    const { inode } = this.#get(this.#existing({ parent, name }));
    this.#staged.removals.set(inode.ino, inode.version);
  }

  /** Returns the staged name. */
  stageNew(parent: number, name: string, text: string, token = name): string {
    const { inode } = this.#insert('file', 0o644, 1000);
    this.#setBody(inode.ino, Buffer.from(text));
    const { collection, readOnly } = this.#get(parent).inode;
    this.#patch(inode.ino, { collection, readOnly });
    this.#staged.add(parent, STAGED_PREFIX + token, { ino: inode.ino, name });
    return STAGED_PREFIX + token;
  }

  inode(ino: number): Inode | undefined {
    return this.#rows.get(ino)?.inode;
  }

  lookup(parent: number, name: string): Inode | undefined {
    return this.inode(this.#rows.get(parent)?.children.get(name) ?? 0);
  }

  children(parent: number): readonly DirectoryEntry[] {
    const { children } = this.#get(parent);
    return [...children].map(([name, ino]) => ({ name, ino, type: this.#get(ino).inode.type }));
  }

  read(ino: number): Uint8Array {
    return this.#get(ino).body;
  }

  readlink(ino: number): string {
    return Buffer.from(this.#get(ino).body).toString();
  }

  createFile(parent: number, name: string, mode: number, atMs: number): Inode {
    return this.#create({ parent, name }, 'file', { mode, atMs });
  }

  createDirectory(parent: number, name: string, mode: number, atMs: number): Inode {
    if (this.#get(parent).inode.type === 'storage') return this.#get(this.addCollection(parent, name)).inode;
    return this.#create({ parent, name }, 'directory', { mode, atMs });
  }

  createSymlink(parent: number, name: string, target: string, atMs: number): Inode {
    const { ino } = this.#create({ parent, name }, 'symlink', { mode: 0o777, atMs });
    this.#setBody(ino, Buffer.from(target));
    return this.#get(ino).inode;
  }

  commit({ ino, body, mtimeMs, writers }: ContentCommit, _options: { readonly durable: boolean }): Inode {
    this.#failIfTold();
    const { inode } = this.#get(ino);
    this.#setBody(ino, body);
    this.#patch(ino, { mtimeMs: Math.max(mtimeMs, inode.mtimeMs + 1), version: inode.version + 1 });
    for (const { parent } of namesOf(this.#rows, ino)) this.#touch(parent, mtimeMs);
    if (writers) this.written.add(ino);
    else this.written.delete(ino);
    this.log.push(`commit ${ino}`);
    return this.#get(ino).inode;
  }

  release(ino: number): void {
    if (this.written.delete(ino)) this.log.push(`release ${ino}`);
  }

  link(ino: number, parent: number, name: string, nowMs: number): Inode {
    this.#failIfTold();
    this.#assertFree({ parent, name });
    this.#enter({ parent, name }, ino);
    this.#touch(parent, nowMs);
    return this.#get(ino).inode;
  }

  rename(from: Entry, to: Entry, nowMs: number): void {
    this.#failIfTold();
    const ino = this.#existing(from);
    if (this.#staged.awaits(from.parent, from.name) && to.name.startsWith('.fuse_hidden'))
      throw new FileError('EEXIST', `${from.name} was taken since it was staged`);
    if (this.#rows.get(to.parent)?.children.has(to.name)) this.#leave(to);
    this.#leave(from);
    this.#enter(to, ino);
    this.#patch(ino, { collection: this.#get(to.parent).inode.collection });
    this.#touch(from.parent, nowMs);
    this.#touch(to.parent, nowMs);
  }

  unlink(parent: number, name: string, nowMs: number): void {
    this.#failIfTold();
    this.#leave({ parent, name });
    this.#touch(parent, nowMs);
  }

  removeDirectory(parent: number, name: string, nowMs: number): void {
    if (this.#get(this.#existing({ parent, name })).children.size > 0)
      throw new FileError('ENOTEMPTY', `${name} is not empty`);
    this.#leave({ parent, name });
    this.#touch(parent, nowMs);
  }

  storageOf(collection: number): number | undefined {
    return namesOf(this.#rows, collection)[0]?.parent;
  }

  removeCollection(collection: number, nowMs: number): readonly number[] {
    return namesOf(this.#rows, collection).flatMap((place) => removeCollectionFrom(this, place, nowMs));
  }

  renameCollection(collection: number, name: string, nowMs: number): readonly number[] {
    const parent = this.storageOf(collection) ?? 0;
    const orphans = this.removeCollection(this.lookup(parent, name)?.ino ?? 0, nowMs);
    for (const place of namesOf(this.#rows, collection)) this.rename(place, { parent, name }, nowMs);
    this.#patch(collection, { collection });
    return orphans;
  }

  forget(ino: number): void {
    if (this.#get(ino).inode.links > 0) throw new Error(`${ino} still has a name`);
    this.#rows.delete(ino);
    this.log.push(`forget ${ino}`);
  }

  setMode(ino: number, mode: number): void {
    this.#patch(ino, { mode });
  }

  setTimes(ino: number, atimeMs: number, mtimeMs: number): void {
    this.#patch(ino, { atimeMs, mtimeMs });
  }

  sync(): void {
    this.log.push('sync');
  }

  publishChange(ino: number, size: number, busy: boolean): boolean {
    const staged = this.#staged.changes.get(ino);
    if (staged?.body.length !== size) return false;
    const { version, mtimeMs } = this.#get(ino).inode;
    if (busy || version !== staged.version) throw new FileError('ESTALE', 'edited since');
    this.#staged.changes.delete(ino);
    this.#setBody(ino, staged.body);
    this.#patch(ino, { version: version + 1, mtimeMs: mtimeMs + 1 });
    this.log.push(`published ${ino}`);
    return true;
  }

  publishRemoval(parent: number, name: string, busy: boolean): boolean {
    const { ino, version } = this.#get(this.#existing({ parent, name })).inode;
    if (!this.#staged.removals.has(ino)) return false;
    if (busy || version !== this.#staged.removals.get(ino)) throw new FileError('ESTALE', 'edited since');
    this.#staged.removals.delete(ino);
    this.#leave({ parent, name });
    return true;
  }

  publishDirectoryRemoval(collection: number): boolean {
    if (!this.#staged.removals.delete(collection)) return false;
    if (this.#get(collection).children.size > 0) throw new FileError('ESTALE', 'not empty');
    for (const place of namesOf(this.#rows, collection)) this.#leave(place);
    return true;
  }

  stagedInode(parent: number, name: string): Inode | undefined {
    const staged = this.#staged.addition(parent, name);
    return staged && { ...this.#get(staged.ino).inode, links: 1 };
  }

  publishNew(parent: number, stagedName: string, name: string): void {
    const staged = this.#staged.addition(parent, stagedName);
    if (staged?.name !== name) throw new FileError('ENOENT', 'nothing is staged');
    this.#assertFree({ parent, name });
    this.#staged.finishAddition(parent, stagedName);
    this.#enter({ parent, name }, staged.ino);
    this.log.push(`published ${name}`);
  }

  #create(place: Entry, type: InodeType, { mode, atMs }: { mode: number; atMs: number }): Inode {
    this.#failIfTold();
    this.#assertFree(place);
    const { ino } = this.#insert(type, mode, atMs).inode;
    this.#patch(ino, { collection: this.#get(place.parent).inode.collection });
    this.#enter(place, ino);
    this.#touch(place.parent, atMs);
    return this.#get(ino).inode;
  }

  #insert(type: InodeType, mode: number, atMs: number): Row {
    const ino = (this.#lastIno += 1);
    const row = newRow({ ino, type, mode }, atMs);
    this.#rows.set(ino, row);
    return row;
  }

  #setBody(ino: number, body: Uint8Array): void {
    this.#get(ino).body = Uint8Array.from(body);
    this.#patch(ino, { size: body.length });
  }

  #patch(ino: number, changes: Partial<Inode>): void {
    const row = this.#get(ino);
    row.inode = { ...row.inode, ...changes };
  }

  #touch(ino: number, nowMs: number): void {
    this.#patch(ino, { mtimeMs: Math.max(nowMs, this.#get(ino).inode.mtimeMs + 1) });
  }

  #enter({ parent, name }: Entry, ino: number): number {
    this.#get(parent).children.set(name, ino);
    this.#patch(ino, { links: this.#get(ino).inode.links + 1 });
    return ino;
  }

  #leave(place: Entry): void {
    const ino = this.#existing(place);
    this.#get(place.parent).children.delete(place.name);
    this.#patch(ino, { links: this.#get(ino).inode.links - 1 });
  }

  #existing({ parent, name }: Entry): number {
    const ino = this.#get(parent).children.get(name);
    if (ino === undefined) throw new FileError('ENOENT', `no ${name}`);
    return ino;
  }

  #assertFree({ parent, name }: Entry): void {
    if (this.#get(parent).children.has(name)) throw new FileError('EEXIST', `${name} exists`);
  }

  #failIfTold(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
  }

  #get(ino: number): Row {
    const row = this.#rows.get(ino);
    if (!row) throw new FileError('ENOENT', `no inode ${ino}`);
    return row;
  }
}
