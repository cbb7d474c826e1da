import type { Block, Leaf } from './block.ts';
import type { Versions } from './slot.ts';

/** What becomes of some lines or components of the three versions. They share one place in the merged text. */
export interface Placed {
  readonly from: readonly (Leaf | Block)[];
  /** Empty where they are gone. */
  readonly text: string;
}

/**
 * Puts the parts of a merged component in order: that of the side which changed the order of what was there, a's where both
 * did. What only the other side has comes behind what stands before it there.
 */
export function arrange({ base, a, b }: Versions<Block>, placed: readonly Placed[]): string {
  const placeOf = new Map(placed.flatMap((place) => place.from.map((node) => [node, place])));
  const orderOf = (block: Block | undefined): Placed[] => [
    ...new Set(block?.children.flatMap((child) => placeOf.get(child) ?? [])),
  ];
  const [before, inA, inB] = [orderOf(base), orderOf(a), orderOf(b)];
  const [first, second] = keepsOrder(before, inA) ? [inB, inA] : [inA, inB];
  return weave(first, second)
    .map(({ text }) => text)
    .join('');
}

function keepsOrder(before: readonly Placed[], now: readonly Placed[]): boolean {
  const [wasThere, isThere] = [new Set(before), new Set(now)];
  const left = before.filter((place) => isThere.has(place));
  return now.filter((place) => wasThere.has(place)).every((place, at) => place === left[at]);
}

/** `first`, with what is only in `second` behind its predecessor there; components after lines, as RFC 5545, 3.6 has it. */
function weave(first: readonly Placed[], second: readonly Placed[]): Placed[] {
  const [inFirst, inSecond] = [new Set(first), new Set(second)];
  const followers = new Map<Placed | undefined, Placed[]>();
  let anchor: Placed | undefined;
  for (const place of second) {
    if (inFirst.has(place)) anchor = place;
    else followers.set(anchor, [...(followers.get(anchor) ?? []), place]);
  }
  const woven: Placed[] = [];
  let waiting = followers.get(undefined) ?? [];
  for (const place of first) {
    const passes = inSecond.has(place) || isBlock(place) ? waiting.length : waiting.findIndex(isBlock);
    woven.push(...waiting.splice(0, passes === -1 ? waiting.length : passes), place);
    if (inSecond.has(place)) waiting = [...(followers.get(place) ?? [])];
  }
  return [...woven, ...waiting];
}

const isBlock = ({ from }: Placed): boolean => from.some(({ type }) => type === 'block');
