/** What a test has staged in a MemoryTree, to be published. */
export class MemoryStaging {
  /** By inode. */
  readonly changes = new Map<number, { readonly body: Uint8Array; readonly version: number }>();
  /** Inode → version. */
  readonly removals = new Map<number, number>();
  readonly #additions = new Map<string, { readonly ino: number; readonly name: string }>();

  /** @param staged the name that it has until then */
  add(parent: number, staged: string, addition: { readonly ino: number; readonly name: string }): void {
    this.#additions.set(`${parent}/${staged}`, addition);
  }

  addition(parent: number, staged: string): { readonly ino: number; readonly name: string } | undefined {
    return this.#additions.get(`${parent}/${staged}`);
  }

  finishAddition(parent: number, staged: string): void {
    this.#additions.delete(`${parent}/${staged}`);
  }

  /** Whether something new is about to get that name. */
  awaits(parent: number, name: string): boolean {
    return [...this.#additions].some(([key, staged]) => key.startsWith(`${parent}/`) && staged.name === name);
  }
}
