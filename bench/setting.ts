import type { Figure } from './figure.ts';

/** What a benchmark gets from the run that it is part of. */
export interface Setting {
  /** Small sizes, which show that everything works and say nothing about speed. */
  readonly quick: boolean;
  /** An empty folder of its own on the disk, removed afterwards. */
  readonly folder: string;
  /** A line for whoever is waiting. */
  readonly say: (line: string) => void;
  /** Registers what has to be ended or removed, whatever happens; the last one registered goes first. */
  readonly atEnd: (clean: () => Promise<void>) => void;
}

export interface Benchmark {
  readonly name: string;
  /** Rejects when a result is wrong: fast and wrong is no figure. */
  readonly run: (setting: Setting) => Promise<readonly Figure[]>;
}

/** Stops a benchmark whose result is not what it should be. */
export function assertEqual<T>(what: string, got: T, wanted: T): void {
  if (got !== wanted) throw new Error(`${what}: ${String(got)} instead of ${String(wanted)}`);
}
