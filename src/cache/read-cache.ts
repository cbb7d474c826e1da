import { LRUCache } from 'lru-cache';

const DEFAULT_BYTES = 32 * 1024 * 1024;

/** The bytes of files read lately, bounded by their total size. A version never comes back with other bytes, so nothing goes stale. */
export class ReadCache {
  readonly #entries: LRUCache<string, Buffer>;

  /** @param maxBytes a file larger than this is never kept */
  constructor(maxBytes: number = DEFAULT_BYTES) {
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      // An empty file still has a key, and sizes must be positive.
      sizeCalculation: (bytes) => bytes.length + 64,
    });
  }

  read(ino: number, version: number, load: () => Buffer): Buffer {
    const key = `${ino}:${version}`;
    const known = this.#entries.get(key);
    if (known) return known;
    const bytes = load();
    this.#entries.set(key, bytes);
    return bytes;
  }
}
