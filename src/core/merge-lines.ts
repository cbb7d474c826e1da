import type { Leaf } from './block.ts';
import type { ItemKind } from './item.ts';
import { mergeLine } from './merge-line.ts';
import { mergeLists } from './merge-list.ts';
import { isMachineMade, mergeMachineLine } from './merge-machine.ts';
import type { Placed } from './merge-order.ts';
import { lineRule } from './merge-rules.ts';
import { matchUp, named, presentIn, type Slot, type Triple, whoChanged } from './slot.ts';

export interface MergeContext {
  readonly kind: ItemKind;
  /** Name of the component whose lines are joined. */
  readonly component: string;
  /** Says behind the name of a property where it stands: ` of the occurrence on 20260105T090000Z`. */
  readonly where: string;
  /** Takes the conflicts. */
  readonly about: Set<string>;
}

/** Joins the lines of one property; what both sides changed goes to `context.about`. */
export function mergeLines(name: string, lines: Triple<readonly Leaf[]>, context: MergeContext): Placed[] {
  if (isMachineMade(name, context.component)) {
    return inOrder(lines).map((slot) => ({ from: presentIn(slot), text: mergeMachineLine(name, slot) }));
  }
  const most = Math.max(lines.base.length, lines.a.length, lines.b.length);
  const { type, keys } = lineRule(context.kind, name, most);
  if (type === 'list') return mergeLists(lines);
  const slots = matchUp(lines, keys, type === 'manifold');
  const report = (what: string): void => {
    // A group is reported as a whole.
    if (context.kind === 'calendar' || !name.includes('.')) context.about.add(what + context.where);
  };
  if (type === 'unknown' && isUncertain(slots)) report(name);
  return slots.map((slot) => {
    const text = mergeSlot(slot);
    if (text === undefined) report(type === 'alone' ? name : named(slot, inWords));
    return { from: presentIn(slot), text: text ?? '' };
  });
}

/** Machine-made lines stand alone; in a damaged component the first is the first one's counterpart, and so on. */
function inOrder({ base, a, b }: Triple<readonly Leaf[]>): Slot<Leaf>[] {
  const length = Math.max(base.length, a.length, b.length);
  return Array.from({ length }, (_, at) => ({ base: base[at], a: a[at], b: b[at], guessed: 'on none' }));
}

/** `undefined` where both sides changed it. */
function mergeSlot({ base, a, b, guessed }: Slot<Leaf>): string | undefined {
  if (a && b) {
    const isGuess =
      guessed !== 'on none' && whoChanged({ base: base?.canon, a: a.canon, b: b.canon }) === 'both';
    return mergeLine({ base: isGuess ? undefined : base, a, b });
  }
  const left = a ?? b;
  if (!left || left.canon === base?.canon) return '';
  return base && guessed === 'on none' ? undefined : left.raw;
}

/** One side took one away and the other added one: it cannot be told whether both meant the same one. */
const isUncertain = (slots: readonly Slot<Leaf>[]): boolean =>
  (['a', 'b'] as const).some(
    (side) =>
      slots.some((slot) => slot.base && !slot[side]) && slots.some((slot) => isOnlyBeside(slot, side)),
  );

const isOnlyBeside = ({ base, a, b }: Slot<Leaf>, side: 'a' | 'b'): boolean =>
  !base && !(side === 'a' ? a : b);

const MAX_CHARACTERS = 60;

function inWords({ line }: Leaf): string {
  const value = line.value.replace(/^mailto:/i, '');
  return `${line.name} ${value.length > MAX_CHARACTERS ? `${value.slice(0, MAX_CHARACTERS)}…` : value}`;
}
