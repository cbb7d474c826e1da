import { lstat } from 'node:fs/promises';
import type { Etag } from '../core/storage.ts';
import { errnoCode } from './disk-error.ts';
import { etagOf } from './fingerprint.ts';

/** How this process left a path. */
type Mark =
  { readonly type: 'file'; readonly etag: Etag } | { readonly type: 'folder' } | { readonly type: 'gone' };

/** More marks than events that can be under way; without its mark a write of ours only costs a look in vain. */
const MAX_MARKS = 20_000;

/**
 * What a storage itself did to its files, so that its watch can tell that from what others do. A mark answers for one look alone:
 * whoever changes a file afterwards may bring back the very state that we left (`mv a.ics x; mv x a.ics`), and that is a change.
 */
export class OwnHand {
  readonly #marks = new Map<string, Mark>();
  #watches = 0;

  /** Marks are kept only while somebody asks for them. */
  beginWatch(): void {
    this.#watches += 1;
  }

  endWatch(): void {
    this.#watches -= 1;
    if (this.#watches === 0) this.#marks.clear();
  }

  wrote(path: string, etag: Etag): void {
    this.#mark(path, { type: 'file', etag });
  }

  removed(path: string): void {
    this.#mark(path, { type: 'gone' });
  }

  made(folder: string): void {
    this.#mark(folder, { type: 'folder' });
  }

  /** Whether it was us who removed that folder; uses the mark up. */
  tookAway(folder: string): boolean {
    return this.#take(folder)?.type === 'gone';
  }

  /** Whether it was us who made that folder; uses the mark up. */
  hasMade(folder: string): boolean {
    return this.#take(folder)?.type === 'folder';
  }

  /** What we did below a folder. */
  below(folder: string): string[] {
    return [...this.#marks.keys()].filter((path) => path.startsWith(`${folder}/`));
  }

  /** Whether any of these files is not as we left it; uses their marks up. */
  async isAnyForeign(paths: Iterable<string>): Promise<boolean> {
    const looks = [...paths].map((path) => ({ path, mark: this.#take(path) }));
    if (looks.some(({ mark }) => mark === undefined)) return true;
    for (const { path, mark } of looks) if (mark && !(await isAsLeft(path, mark))) return true;
    return false;
  }

  #mark(path: string, mark: Mark): void {
    if (this.#watches === 0) return;
    this.#marks.delete(path);
    this.#marks.set(path, mark);
    if (this.#marks.size <= MAX_MARKS) return;
    for (const oldest of this.#marks.keys()) {
      this.#marks.delete(oldest);
      return;
    }
  }

  #take(path: string): Mark | undefined {
    const mark = this.#marks.get(path);
    this.#marks.delete(path);
    return mark;
  }
}

async function isAsLeft(path: string, mark: Mark): Promise<boolean> {
  try {
    const found = await lstat(path, { bigint: true });
    return mark.type === 'file' && found.isFile() && etagOf(found) === mark.etag;
  } catch (error) {
    return mark.type === 'gone' && errnoCode(error) === 'ENOENT';
  }
}
