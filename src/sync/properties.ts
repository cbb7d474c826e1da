import type { ConflictMode } from '../core/conflict-mode.ts';
import { propertyValue } from '../core/property-value.ts';
import { type AgreedProperty, otherSide, type PropertyProblem, type Side } from '../core/status.ts';
import type { CollectionProperties, PropertyName } from '../core/storage.ts';
import { SIDES } from './both-sides.ts';
import type { Losses } from './lost-properties.ts';

export interface PropertyInput {
  /** Those to be kept in step, which both sides can have. */
  readonly names: readonly PropertyName[];
  readonly a: CollectionProperties;
  readonly b: CollectionProperties;
  readonly agreed: ReadonlyMap<PropertyName, AgreedProperty>;
  readonly conflict: ConflictMode;
  /** Side b is to have what side a has. */
  readonly oneWay: boolean;
  /** Whose value a person wants where both sides have a new one. Absent: nobody said. */
  readonly decided?: ReadonlyMap<PropertyName, Side>;
  /** Sides whose lacks are no removals. Absent: none. */
  readonly losses?: Losses;
  /** Whether what that side refused is tried again with the same values. Absent: never. */
  readonly isTriedAgain?: (problem: PropertyProblem, on: Side) => boolean;
}

export interface PropertyPlan {
  /** What each side is to be given; `undefined`: to be taken away. */
  readonly writes: Readonly<Record<Side, ReadonlyMap<PropertyName, string | undefined>>>;
  /** On what both sides agree already, without its being written down. */
  readonly agreed: ReadonlyMap<PropertyName, AgreedProperty>;
  /** Set to something else on either side. */
  readonly conflicts: readonly PropertyName[];
}

type Values = Readonly<Record<Side, string | undefined>>;

/**
 * Three-way, like items: who changed a property since it was last dealt with wins, and a change on both sides is a conflict. Unlike
 * items, a removal counts like any change: nobody's work is in a colour. Pure.
 */
export function planProperties(input: PropertyInput): PropertyPlan {
  const writes = {
    a: new Map<PropertyName, string | undefined>(),
    b: new Map<PropertyName, string | undefined>(),
  };
  const equal = new Map<PropertyName, AgreedProperty>();
  const conflicts: PropertyName[] = [];
  for (const name of input.names) {
    const now = { a: input.a[name], b: input.b[name] };
    const last = input.agreed.get(name);
    const outcome = outcomeOf(name, now, input);
    if (outcome === 'equal') equal.set(name, now);
    else if (outcome === 'taken back') equal.set(name, { a: last?.a, b: last?.b });
    else if (outcome === 'conflict') conflicts.push(name);
    else if (outcome !== 'nothing') writes[otherSide(outcome)].set(name, now[outcome]);
  }
  return { writes, agreed: equal, conflicts };
}

/** The side that wins, or why none has to. `taken back`: what was refused is there no more. */
function outcomeOf(
  name: PropertyName,
  now: Values,
  input: PropertyInput,
): Side | 'nothing' | 'equal' | 'taken back' | 'conflict' {
  const last = input.agreed.get(name);
  const refused = last?.problem?.type === 'refused' ? last.problem : undefined;
  if (isSettled(name, now, last)) return refused ? 'taken back' : 'nothing';
  if (isSame(name, now.a, now.b)) return 'equal';
  const lost = afterLoss(now, last, input.losses);
  if (lost) return lost;
  const winner = winnerAmong(name, now, input);
  if (winner === undefined) return 'conflict';
  return refused && isLeftAlone(refused, now, otherSide(winner), input) ? 'nothing' : winner;
}

/** `undefined`: neither side lacks it for having lost it. */
function afterLoss(
  now: Values,
  last: AgreedProperty | undefined,
  losses: Losses = new Map(),
): Side | 'nothing' | undefined {
  const loser = SIDES.find((side) => losses.has(side) && now[side] === undefined && last?.[side]);
  if (!loser) return undefined;
  return losses.get(loser) === 'wait' ? 'nothing' : otherSide(loser);
}

function winnerAmong(
  name: PropertyName,
  now: Values,
  { agreed, conflict, oneWay, decided }: PropertyInput,
): Side | undefined {
  if (oneWay) return 'a';
  return winnerOf(name, now, agreed.get(name)) ?? decided?.get(name) ?? winnerBy(conflict);
}

/** That side refused the same before, and is not asked again. */
function isLeftAlone(
  problem: PropertyProblem,
  now: Values,
  on: Side,
  { isTriedAgain = () => false }: PropertyInput,
): boolean {
  return SIDES.every((side) => problem[side] === now[side]) && !isTriedAgain(problem, on);
}

/** Neither side changed it; also where they never came to have the same, as one refused it. */
function isSettled(name: PropertyName, now: Values, agreed: AgreedProperty | undefined): boolean {
  if (!agreed) return now.a === undefined && now.b === undefined;
  return SIDES.every((side) => isSame(name, now[side], agreed[side]));
}

/** The side that has something new; undefined when both do. */
function winnerOf(name: PropertyName, now: Values, agreed: AgreedProperty | undefined): Side | undefined {
  const changed = SIDES.filter((side) => !isSame(name, now[side], agreed?.[side]));
  return changed.length === 1 ? changed[0] : undefined;
}

function winnerBy(conflict: ConflictMode): Side | undefined {
  if (conflict === 'keep a') return 'a';
  return conflict === 'keep b' ? 'b' : undefined;
}

/** Colours count as colours, and numbers as numbers: `#ff0000` is `#FF0000FF`, and 1 is 1.0. */
function isSame(name: PropertyName, one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (name === 'color') return propertyValue(name, one) === propertyValue(name, other);
  if (name === 'order') return Number(one) === Number(other);
  return one === other;
}
