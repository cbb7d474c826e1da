import type { ItemKind } from '../core/item.ts';
import { classifyContent, type Content } from './content.ts';
import { FileError, type Inode, type InodeType, STAGED_PREFIX } from './file-tree.ts';
import type { InodeRows, Place, Target } from './inode-rows.ts';
import type { Author, ItemJournal, Leaving } from './item-journal.ts';

const user = (atMs: number): Author => ({ by: 'user', atMs });

/** Names coming, going and moving by a user's hand. No transactions here. */
export class TreeNames {
  readonly #inodes: InodeRows;
  readonly #journal: ItemJournal;

  constructor(inodes: InodeRows, journal: ItemJournal) {
    this.#inodes = inodes;
    this.#journal = journal;
  }

  createFile(place: Place, mode: number, atMs: number): Inode {
    return this.#create(place, { type: 'file', mode, atMs, bytes: new Uint8Array() });
  }

  createSymlink(place: Place, target: string, atMs: number): Inode {
    return this.#create(place, { type: 'symlink', mode: 0o777, atMs, bytes: Buffer.from(target) });
  }

  createDirectory(place: Place, mode: number, atMs: number): Inode {
    return this.#create(place, { type: 'directory', mode, atMs });
  }

  link(ino: number, place: Place, nowMs: number): Inode {
    const inode = this.#inodes.inode(ino);
    if (!inode) throw new FileError('ENOENT', `no inode ${ino}`);
    if (inode.type !== 'file') throw new FileError('EPERM', 'only files can have a second name');
    const directory = this.#directoryForFiles(place.parent);
    this.#assertFree(place);
    this.#enter(place, ino, nowMs);
    this.#inodes.setCollection(ino, directory.collection);
    this.#inodes.setMode(ino, undefined, nowMs);
    this.#inodes.touch(place.parent, nowMs);
    return this.#read(ino);
  }

  rename(from: Place, to: Place, nowMs: number): void {
    const source = this.#existing(from);
    const target = this.#inodes.target(to.parent, to.name);
    // Two names of one file: POSIX wants nothing to happen.
    if (target?.ino === source.ino) return;
    if (source.type !== 'file' && source.type !== 'symlink' && source.type !== 'directory') {
      throw new FileError('EPERM', 'storages and collections keep their names');
    }
    const directory = this.#directoryForFiles(to.parent);
    this.#assertUsable(to.name);
    assertReplaceable(source, target);
    if (source.type === 'directory') this.#assertNotInside(source.ino, to.parent);
    if (target) this.#leave(to, user(nowMs), { settled: false });
    this.#leave(from, user(nowMs), this.#livesOnAs(source, from, to));
    this.#enter(to, source.ino, nowMs);
    this.#inodes.setCollection(source.ino, directory.collection);
    this.#inodes.setMode(source.ino, undefined, nowMs);
    this.#inodes.touch(from.parent, nowMs);
    if (to.parent !== from.parent) this.#inodes.touch(to.parent, nowMs);
  }

  /** An item under a new name in the same collection is still there, so its old name needs no grace time. */
  #livesOnAs({ type }: Target, from: Place, to: Place): Leaving {
    const isMoved = type === 'file' && this.#journal.kindOf(to.parent, to.name) !== undefined;
    return { settled: isMoved && from.parent === to.parent, isMoved };
  }

  unlink(place: Place, nowMs: number): void {
    const { ino, type } = this.#existing(place);
    if (type !== 'file' && type !== 'symlink') throw new FileError('EISDIR', `${place.name} is a directory`);
    this.#leave(place, user(nowMs), { settled: false });
    this.#inodes.setMode(ino, undefined, nowMs);
    this.#inodes.touch(place.parent, nowMs);
  }

  #create(place: Place, wanted: { type: InodeType; mode: number; atMs: number; bytes?: Uint8Array }): Inode {
    const directory = this.#directoryForFiles(place.parent);
    this.#assertFree(place);
    const ino = this.#inodes.insert({ ...wanted, collection: directory.collection });
    this.#enter(place, ino, wanted.atMs);
    this.#inodes.touch(place.parent, wanted.atMs);
    return this.#read(ino);
  }

  #enter({ parent, name }: Place, ino: number, nowMs: number): void {
    this.#inodes.insertEntry(parent, name, ino);
    if (this.#journal.isNoted(parent, name) && this.#read(ino).type === 'file') {
      const look = (kind: ItemKind): Content => classifyContent(kind, this.#inodes.body(ino));
      this.#journal.named({ collection: parent, name }, { ino, look }, user(nowMs));
    }
  }

  #leave({ parent, name }: Place, author: Author, leaving: Leaving): void {
    this.#journal.unnaming({ collection: parent, name }, author, leaving);
    this.#inodes.removeEntry(parent, name);
  }

  #read(ino: number): Inode {
    const inode = this.#inodes.inode(ino);
    if (!inode) throw new FileError('ENOENT', `no inode ${ino}`);
    return inode;
  }

  #existing({ parent, name }: Place): Target {
    const target = this.#inodes.target(parent, name);
    if (!target) throw new FileError('ENOENT', `no ${name} here`);
    return target;
  }

  #assertFree({ parent, name }: Place): void {
    this.#assertUsable(name);
    if (this.#inodes.target(parent, name)) throw new FileError('EEXIST', `${name} exists`);
  }

  #assertUsable(name: string): void {
    if (name.startsWith(STAGED_PREFIX)) {
      throw new FileError('EPERM', `names that start with ${STAGED_PREFIX} are pimsync's own`);
    }
  }

  /** Files live in collections and below; the two levels above hold directories of ours alone. */
  #directoryForFiles(ino: number): Inode {
    const directory = this.#inodes.inode(ino);
    if (!directory || directory.links === 0) throw new FileError('ENOENT', `no directory ${ino}`);
    if (directory.type === 'root' || directory.type === 'storage') {
      throw new FileError('EPERM', 'only collections hold files');
    }
    if (directory.type !== 'collection' && directory.type !== 'directory') {
      throw new FileError('ENOTDIR', 'not a directory');
    }
    return directory;
  }

  #assertNotInside(moved: number, into: number): void {
    for (let at: number | undefined = into; at !== undefined; at = this.#inodes.parentOf(at)) {
      if (at === moved) throw new FileError('EINVAL', 'a directory cannot move into itself');
    }
  }
}

function assertReplaceable(source: Target, target: Target | undefined): void {
  if (!target) return;
  const onDirectory = target.type !== 'file' && target.type !== 'symlink';
  if (onDirectory && source.type !== 'directory') throw new FileError('EISDIR', 'the target is a directory');
  if (onDirectory) throw new FileError('EEXIST', 'a directory is never replaced');
  if (source.type === 'directory') throw new FileError('ENOTDIR', 'the target is not a directory');
}
