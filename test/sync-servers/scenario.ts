import type { RealPair, RealSetup } from '../support/real-pair.ts';

/** One of docs/scenarios.md, on two real places. */
export interface Scenario {
  readonly title: string;
  readonly setup?: RealSetup;
  readonly run: (pair: RealPair) => Promise<void>;
}

export const SIDES = ['a', 'b'] as const;
