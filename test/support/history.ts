import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  nat,
  oneof,
  option,
  record,
  tuple,
} from 'fast-check';
import type { ConflictMode } from '../../src/core/conflict-mode.ts';
import type { Side } from '../../src/core/status.ts';
import type { MemoryOptions } from './memory-storage.ts';

/** What users, other programs and time do to one side. */
export type Event =
  /** `title: undefined` deletes. */
  | { readonly type: 'edit'; readonly side: Side; readonly uid: string; readonly title: string | undefined }
  /** Another property than the title. */
  | { readonly type: 'place'; readonly side: Side; readonly uid: string; readonly place: string | undefined }
  /** New etag, old content. */
  | { readonly type: 'touch'; readonly side: Side; readonly uid: string }
  /** New href, old content. */
  | { readonly type: 'move'; readonly side: Side; readonly uid: string }
  /** Two items exchange their hrefs. */
  | { readonly type: 'swap'; readonly side: Side; readonly uid: string; readonly other: string }
  /** The item at that href gets another UID. */
  | { readonly type: 'reidentify'; readonly side: Side; readonly uid: string; readonly other: string }
  | { readonly type: 'duplicate'; readonly side: Side; readonly uid: string; readonly title: string }
  | { readonly type: 'expire tokens'; readonly side: Side }
  | { readonly type: 'day passes' };

/** What goes wrong during one run. */
export type Fault =
  | { readonly kind: 'refuses' | 'fails' | 'races'; readonly side: Side; readonly uid: string }
  | { readonly kind: 'hides' | 'is unsure'; readonly side: Side; readonly uid: string }
  | { readonly kind: 'cannot list'; readonly side: Side }
  /** Writes take effect, and what comes back is an error; one that ends the run (no network), or one that does not. */
  | { readonly kind: 'loses answers'; readonly side: Side; readonly ends: boolean }
  | { readonly kind: 'dies'; readonly at: number }
  | { readonly kind: 'is edited meanwhile'; readonly at: number; readonly event: Event };

export type Step = Event | { readonly type: 'sync'; readonly fault: Fault | undefined };

export interface History {
  readonly conflict: ConflictMode;
  readonly a: MemoryOptions;
  readonly b: MemoryOptions;
  readonly steps: readonly Step[];
}

const side = constantFrom<Side[]>('a', 'b');
const uid = constantFrom('standup', 'review', 'lunch');
// Few titles, so that both sides often come to the same one.
const title = constantFrom('at 9', 'at 10', 'at 11');
const at = nat({ max: 25 });

const edit = record({
  type: constant('edit' as const),
  side,
  uid,
  title: option(title, { nil: undefined, freq: 3 }),
});
const place = record({
  type: constant('place' as const),
  side,
  uid,
  place: option(constantFrom('here', 'there'), { nil: undefined, freq: 3 }),
});
const event: Arbitrary<Event> = oneof(
  { weight: 8, arbitrary: edit },
  { weight: 3, arbitrary: place },
  {
    weight: 2,
    arbitrary: record({ type: constantFrom('touch' as const, 'move' as const), side, uid }),
  },
  {
    weight: 2,
    arbitrary: record({
      type: constantFrom('swap' as const, 'reidentify' as const),
      side,
      uid,
      other: uid,
    }),
  },
  { weight: 1, arbitrary: record({ type: constant('duplicate' as const), side, uid, title }) },
  { weight: 1, arbitrary: record({ type: constant('expire tokens' as const), side }) },
  { weight: 1, arbitrary: constant({ type: 'day passes' as const }) },
);
const fault: Arbitrary<Fault> = oneof(
  record({
    kind: constantFrom('refuses' as const, 'fails' as const, 'races' as const),
    side,
    uid,
  }),
  record({ kind: constantFrom('hides' as const, 'is unsure' as const), side, uid }),
  record({ kind: constant('cannot list' as const), side }),
  record({ kind: constant('loses answers' as const), side, ends: boolean() }),
  record({ kind: constant('dies' as const), at }),
  record({ kind: constant('is edited meanwhile' as const), at, event: edit }),
);
const step: Arbitrary<Step> = oneof(
  { weight: 2, arbitrary: event },
  {
    weight: 1,
    arbitrary: record({ type: constant('sync' as const), fault: option(fault, { nil: undefined }) }),
  },
);

const unmarked = (text: string): string => text.replaceAll('X-SEEN:1\r\n', '');
const always: Arbitrary<MemoryOptions> = record({
  tokens: boolean(),
  states: constantFrom<NonNullable<MemoryOptions['states']>[]>(true, false, 'digest'),
  bulk: boolean(),
  parallelWrites: constantFrom(1, 3),
  rewrites: constantFrom(
    undefined,
    (text: string) => unmarked(text).replace('SUMMARY', 'X-SEEN:1\r\nSUMMARY'),
    unmarked,
  ),
  deletions: constantFrom('inferred' as const, 'journalled' as const),
});
// A server that claims to have stored what it was sent, and then says at each look that it changed, is believed: there is no end to that.
const tagging: Arbitrary<MemoryOptions> = oneof(
  record({ etags: constantFrom<MemoryOptions['etags'][]>(undefined, 'withheld', 'strong') }),
  constant({ flakyEtags: true }),
);
const behaviour = tuple(always, tagging).map(([usual, tags]): MemoryOptions =>
  Object.assign({}, usual, tags),
);

/** @param modes among which the histories choose */
export const historiesIn = (modes: readonly ConflictMode[]): Arbitrary<History> =>
  record({
    conflict: constantFrom(...modes),
    a: behaviour,
    b: behaviour,
    steps: array(step, { maxLength: 24 }),
  });
