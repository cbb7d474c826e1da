/** Time as a value, so that tests move it. */
export interface Clock {
  /** Milliseconds since 1970, wall clock. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
