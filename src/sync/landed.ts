import type { Ident } from '../core/item.ts';
import { otherSide, type StatusStore } from '../core/status.ts';
import { containsEdit } from './contains-edit.ts';
import { type Flight, flightOf } from './in-flight.ts';
import { type PlanInput, versionNow } from './plan.ts';
import { readText, type TextSources } from './read-text.ts';

export interface LandedInput extends PlanInput, TextSources {
  readonly status: StatusStore;
}

/**
 * After a run was killed while it wrote to a server that rewrites what it stores, our own write looks like one by somebody
 * else: a conflict that nobody made. These are the items of which all that was sent is there now.
 */
export async function findLanded(input: LandedInput): Promise<Set<Ident>> {
  const landed = new Set<Ident>();
  for (const leftover of input.known.leftovers.values()) {
    const { ident } = leftover;
    const now = { a: versionNow('a', ident, input), b: versionNow('b', ident, input) };
    const flight = flightOf(leftover, input.known.synced(ident), now);
    if (flight && (await isOwnEdit(flight, input))) landed.add(ident);
  }
  return landed;
}

async function isOwnEdit({ ident, on, sent, before, now }: Flight, input: LandedInput): Promise<boolean> {
  const base = before ? input.status.base(ident) : '';
  if (base === undefined || now.hash === sent.hash) return false;
  const edited = await readText(otherSide(on), sent.href, input);
  const found = await readText(on, now.href, input);
  return edited !== undefined && found !== undefined && containsEdit(base, edited.text, found.text);
}
