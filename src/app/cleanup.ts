/** Takes down what was set up, last first. A step that fails does not keep the others from being done. */
export class Cleanup {
  readonly #steps: (() => void | Promise<void>)[] = [];

  add(step: () => void | Promise<void>): void {
    this.#steps.push(step);
  }

  /** Each step once, however often this is called. @throws what the first step that failed threw, after all were tried */
  async run(): Promise<void> {
    let failed = false;
    let first: unknown;
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        if (!failed) first = error;
        failed = true;
      }
    }
    if (failed) throw first;
  }
}
