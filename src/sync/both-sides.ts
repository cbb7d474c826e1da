import type { Side } from '../core/status.ts';

export const SIDES = ['a', 'b'] as const satisfies readonly Side[];

/** Asks both sides at once. Waits for both even if one rejects, so that nothing goes on unseen. */
export async function bothSides<T>(ask: (side: Side) => Promise<T>): Promise<Record<Side, T>> {
  const [a, b] = await Promise.allSettled([ask('a'), ask('b')]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return { a: a.value, b: b.value };
}
