/**
 * Which inodes the engine is publishing into at this moment; see publish.ts. Counted, since it may do several things in one folder at
 * once. One that a killed engine left open does no harm: it only lets what is staged take effect.
 */
export class Windows {
  readonly #open = new Map<number, number>();

  open(ino: number): void {
    this.#open.set(ino, (this.#open.get(ino) ?? 0) + 1);
  }

  close(ino: number): void {
    const left = (this.#open.get(ino) ?? 0) - 1;
    if (left > 0) this.#open.set(ino, left);
    else this.#open.delete(ino);
  }

  has(ino: number): boolean {
    return this.#open.has(ino);
  }
}
