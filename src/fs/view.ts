import type { DirectoryEntry, FileTree, Inode } from '../cache/file-tree.ts';

export interface ViewOptions {
  /** `nested`: DIR/storage/collection/file. `flat`: DIR/collection/file. */
  readonly layout: 'nested' | 'flat';
  /** The storages to show, in this order; others in the tree stay hidden. */
  readonly storages: readonly string[];
}

/** Which of the tree's names the mount shows, and where. Only the root differs from the tree. */
export class View {
  readonly #tree: FileTree;
  readonly #options: ViewOptions;

  constructor(tree: FileTree, options: ViewOptions) {
    this.#tree = tree;
    this.#options = options;
  }

  get isFlat(): boolean {
    return this.#options.layout === 'flat';
  }

  child(parent: Inode, name: string): Inode | undefined {
    if (parent.type !== 'root') return this.#tree.lookup(parent.ino, name);
    if (this.#options.layout === 'flat') return this.#flatChild(name);
    return this.#options.storages.includes(name) ? this.#tree.lookup(parent.ino, name) : undefined;
  }

  children(parent: Inode): readonly DirectoryEntry[] {
    if (parent.type !== 'root') return this.#tree.children(parent.ino);
    if (this.#options.layout === 'flat') return this.#collections();
    return this.#tree.children(parent.ino).filter(({ name }) => this.#options.storages.includes(name));
  }

  /** The storage in which a collection is made that is made in that directory; undefined: in none, or nobody could say in which. */
  storageFor(parent: Inode): Inode | undefined {
    if (parent.type === 'storage') return parent;
    const [only, ...others] = this.#options.storages;
    const isClear = parent.type === 'root' && this.#options.layout === 'flat' && others.length === 0;
    return isClear && only !== undefined ? this.#tree.lookup(parent.ino, only) : undefined;
  }

  /** Where a directory of a storage is shown, from the root on; `directory` empty: the storage itself. `undefined`: nowhere. */
  pathOf(storage: string, directory: string): string | undefined {
    if (!this.#options.storages.includes(storage)) return undefined;
    if (this.#options.layout === 'nested')
      return directory === '' ? `/${storage}` : `/${storage}/${directory}`;
    // In the flat layout the root stands for all storages.
    if (directory === '') return '/';
    const entry = this.#collections().find(
      (shown) => shown.storage === storage && shown.directory === directory,
    );
    return entry && `/${entry.name}`;
  }

  #flatChild(name: string): Inode | undefined {
    const [only, another] = this.#options.storages.flatMap((storage) => {
      const inode = this.#tree.lookup(this.#tree.rootIno, storage);
      return (inode && this.#tree.lookup(inode.ino, name)) ?? [];
    });
    if (only && another === undefined) return only;
    const entry = this.#collections().find((shown) => shown.name === name);
    return entry && this.#tree.inode(entry.ino);
  }

  /**
   * All collections under the names of the flat layout. A name that several storages have stands for none of them: each gets its
   * storage's name appended. So a path never comes to mean another calendar than before because one of the same name appeared.
   */
  #collections(): ShownCollection[] {
    const found = this.#options.storages.flatMap((storage) => {
      const inode = this.#tree.lookup(this.#tree.rootIno, storage);
      const entries = inode ? this.#tree.children(inode.ino) : [];
      return entries.map(({ name, ino, type }) => ({ directory: name, ino, type, storage }));
    });
    const taken = countNames(found.map(({ directory }) => directory));
    return found.map(({ directory, ino, type, storage }) => {
      let name = directory;
      while ((taken.get(name) ?? 0) > 1 || (name !== directory && taken.has(name))) name += `-${storage}`;
      return { name, directory, ino, type, storage };
    });
  }
}

interface ShownCollection extends DirectoryEntry {
  readonly storage: string;
  readonly directory: string;
}

function countNames(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
