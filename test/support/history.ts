import fc from 'fast-check';
import type { Side } from '../../src/core/status.ts';
import type { MemoryOptions } from './memory-storage.ts';

/** What users, other programs and time do to one side. */
export type Event =
  /** `title: undefined` deletes. */
  | { readonly type: 'edit'; readonly side: Side; readonly uid: string; readonly title: string | undefined }
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
  | { readonly kind: 'dies'; readonly at: number }
  | { readonly kind: 'is edited meanwhile'; readonly at: number; readonly event: Event };

export type Step = Event | { readonly type: 'sync'; readonly fault: Fault | undefined };

export interface History {
  readonly a: MemoryOptions;
  readonly b: MemoryOptions;
  readonly steps: readonly Step[];
}

const side = fc.constantFrom<Side[]>('a', 'b');
const uid = fc.constantFrom('standup', 'review', 'lunch');
// Few titles, so that both sides often come to the same one.
const title = fc.constantFrom('at 9', 'at 10', 'at 11');
const at = fc.nat({ max: 25 });

const edit = fc.record({
  type: fc.constant('edit' as const),
  side,
  uid,
  title: fc.option(title, { nil: undefined, freq: 3 }),
});
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: edit },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom('touch' as const, 'move' as const), side, uid }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('swap' as const, 'reidentify' as const),
      side,
      uid,
      other: uid,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('duplicate' as const), side, uid, title }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('expire tokens' as const), side }) },
  { weight: 1, arbitrary: fc.constant({ type: 'day passes' as const }) },
);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('refuses' as const, 'fails' as const, 'races' as const),
    side,
    uid,
  }),
  fc.record({ kind: fc.constantFrom('hides' as const, 'is unsure' as const), side, uid }),
  fc.record({ kind: fc.constant('cannot list' as const), side }),
  fc.record({ kind: fc.constant('dies' as const), at }),
  fc.record({ kind: fc.constant('is edited meanwhile' as const), at, event: edit }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: event },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('sync' as const), fault: fc.option(fault, { nil: undefined }) }),
  },
);

const unmarked = (text: string): string => text.replaceAll('X-SEEN:1\r\n', '');
const behaviour: fc.Arbitrary<MemoryOptions> = fc
  .record({
    tokens: fc.boolean(),
    states: fc.boolean(),
    bulk: fc.boolean(),
    parallelWrites: fc.constantFrom(1, 3),
    flakyEtags: fc.constantFrom(false, false, true),
    rewrites: fc.constantFrom(
      undefined,
      (text: string) => unmarked(text).replace('SUMMARY', 'X-SEEN:1\r\nSUMMARY'),
      unmarked,
    ),
    etags: fc.constantFrom<MemoryOptions['etags'][]>(undefined, 'withheld', 'strong'),
    deletions: fc.constantFrom('inferred' as const, 'journalled' as const),
  })
  // A server that claims to have stored what it was sent, and then says at each look that it changed, is believed: there is no end to that.
  .map((options) => (options.flakyEtags ? { ...options, etags: undefined } : options));

export const histories: fc.Arbitrary<History> = fc.record({
  a: behaviour,
  b: behaviour,
  steps: fc.array(step, { maxLength: 24 }),
});
