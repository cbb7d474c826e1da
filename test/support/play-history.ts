import assert from 'node:assert/strict';
import {
  type PimsyncError,
  PreconditionFailedError,
  RefusedError,
  ServerError,
  UnreachableError,
} from '../../src/core/errors.ts';
import type { Side } from '../../src/core/status.ts';
import type { Event, Fault, History } from './history.ts';
import { textOf } from './items.ts';
import type { MemoryCollection } from './memory-collection.ts';
import type { CallName, MemoryOptions } from './memory-storage.ts';
import { type TwoSides, twoSides } from './two-sides.ts';

/** Whoever keeps count of what users wrote. */
export interface Witness {
  /** What is really written in place of a title. */
  readonly name: (title: string) => string;
  /** Told of each title that a user's act made disappear or appear. */
  readonly onAct: (before: string | undefined, after: string | undefined) => void;
}

const NOBODY: Witness = { name: (title) => title, onAct: () => {} };

/** Lets a history happen. */
export async function play({ conflict, a, b, steps }: History, witness: Witness = NOBODY): Promise<TwoSides> {
  const sides = await twoSides({}, { conflict, a, b });
  for (const one of steps) {
    if (one.type === 'sync') await syncWith(one.fault, sides, witness);
    else happen(one, sides, witness);
  }
  return sides;
}

/** Lets everything come to rest: duplicates are resolved by deleting the later ones. @returns the UIDs in conflict */
export async function settle(sides: TwoSides, witness: Witness = NOBODY): Promise<readonly string[]> {
  for (const collection of [sides.a, sides.b]) {
    for (const [name, text] of Object.entries(collection.texts())) {
      if (!name.startsWith('double-') || filesOf(collection, uidOf(text)).length < 2) continue;
      witness.onAct(titleOf(text), undefined);
      collection.drop(name);
    }
  }
  const explicit = { allowEmpty: true, retryRefused: true };
  await sides.sync(explicit);
  const { problems } = await sides.sync(explicit);
  // Where one side adds what the other strips, and says that it added nothing, the two cannot be merged.
  const others = problems.filter(
    ({ type, reason }) => type !== 'conflict' && !/stored the merged text/.test(reason),
  );
  assert.deepEqual(others, []);
  return problems.flatMap((problem) => problem.uid ?? []);
}

function duplicate(
  [name]: File,
  { uid, title }: Extract<Event, { type: 'duplicate' }>,
  collection: MemoryCollection,
  witness: Witness,
): void {
  const written = witness.name(title);
  witness.onAct(undefined, written);
  collection.put(freeName(`double-${name}`, collection), textOf('calendar', uid, written));
}

function freeName(wish: string, collection: MemoryCollection): string {
  const taken = collection.texts();
  let name = wish;
  while (name in taken) name = `x${name}`;
  return name;
}

const uidOf = (text: string): string => /UID:(.*)\r/.exec(text)?.[1] ?? '';
const titleOf = (text: string): string => /SUMMARY:(.*)\r/.exec(text)?.[1] ?? '';
const filesOf = (collection: MemoryCollection, wanted: string): [name: string, text: string][] =>
  Object.entries(collection.texts()).filter(([, text]) => uidOf(text) === wanted);

function happen(what: Event, sides: TwoSides, witness: Witness): void {
  if (what.type === 'day passes') sides.clock.ms += 25 * 60 * 60 * 1000;
  else if (what.type === 'expire tokens') sides[what.side].expireTokens();
  else {
    const files = filesOf(sides[what.side], what.uid);
    // Nobody edits what they see twice.
    if (files.length < 2) happenTo(files[0], what, sides[what.side], witness);
  }
}

type ItemEvent = Exclude<Event, { type: 'day passes' | 'expire tokens' }>;
type File = readonly [name: string, text: string];

function happenTo(
  file: File | undefined,
  what: ItemEvent,
  collection: MemoryCollection,
  witness: Witness,
): void {
  if (what.type === 'edit') edit(file, what, collection, witness);
  else if (!file) return;
  else if (what.type === 'duplicate') duplicate(file, what, collection, witness);
  else rearrange(file, what, collection);
}

function edit(
  file: File | undefined,
  { uid, title }: Extract<Event, { type: 'edit' }>,
  collection: MemoryCollection,
  { name, onAct }: Witness,
): void {
  const written = title === undefined ? undefined : name(title);
  onAct(file && titleOf(file[1]), written);
  if (written !== undefined)
    collection.put(file?.[0] ?? freeName(`${uid}.ics`, collection), textOf('calendar', uid, written));
  else if (file) collection.drop(file[0]);
}

/** Changes where an item is or what it says besides its title. */
function rearrange(
  [name, text]: File,
  what: Exclude<ItemEvent, { type: 'edit' | 'duplicate' }>,
  collection: MemoryCollection,
): void {
  const others = 'other' in what ? filesOf(collection, what.other) : [];
  const [other] = others;
  if (what.type === 'touch') collection.touch(name);
  else if (what.type === 'place') collection.put(name, textAt(what.place, text));
  else if (what.type === 'move') {
    collection.drop(name);
    collection.put(freeName(`moved-${name}`, collection), text);
  } else if (what.type === 'reidentify') {
    if (!other) collection.put(name, text.replace(/UID:.*\r/, `UID:${what.other}\r`));
  } else if (other && others.length === 1 && other[0] !== name) {
    collection.put(name, other[1]);
    collection.put(other[0], text);
  }
}

function textAt(place: string | undefined, text: string): string {
  const without = text.replace(/LOCATION:.*\r\n/, '');
  return place === undefined ? without : without.replace('SUMMARY', `LOCATION:${place}\r\nSUMMARY`);
}

/** Thrown by a dead process; not a PimsyncError, so that nothing may catch it and go on. */
class Killed extends Error {}

/** One run during which something goes wrong. */
async function syncWith(fault: Fault | undefined, sides: TwoSides, witness: Witness): Promise<void> {
  const repair = fault ? begin(fault, sides, witness) : () => {};
  try {
    await sides.sync({ allowEmpty: true });
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  } finally {
    repair();
  }
}

/** @returns what ends the fault */
function begin(fault: Fault, sides: TwoSides, witness: Witness): () => void {
  switch (fault.kind) {
    case 'dies':
      return onNthCall(sides, fault.at, Infinity, () => {
        throw new Killed();
      });
    case 'is edited meanwhile':
      return onNthCall(sides, fault.at, 1, () => happen(fault.event, sides, witness));
    case 'cannot list':
      sides.options[fault.side].failsListing = new ServerError('503');
      return () => {
        sides.options[fault.side].failsListing = undefined;
      };
    case 'loses answers':
      return loseAnswers(fault, sides);
    case 'hides':
    case 'is unsure':
      return hide(fault.kind, fault.uid, sides[fault.side]);
    case 'refuses':
    case 'fails':
    case 'races':
      return failWrites(fault, sides);
  }
}

/** Lets `act` happen before the n-th call on a storage or write of the status, and before the `times - 1` after it. */
function onNthCall(sides: TwoSides, at: number, times: number, act: () => void): () => void {
  let count = -1;
  const unread = { a: 0, b: 0 };
  const onCall = (call?: CallName, when?: 'before' | 'after'): void => {
    // What another client writes between a write and its reading back is taken for ours; that window is known.
    if (times === 1 && (call === 'fetch' || when === 'after' || unread.a + unread.b > 0)) return;
    count += 1;
    if (count >= at && count < at + times) act();
  };
  const onCallOf =
    (side: Side): NonNullable<MemoryOptions['onCall']> =>
    (call, when) => {
      if (call === 'fetch') unread[side] = Math.max(0, unread[side] - 1);
      if (when === 'after' && (call === 'create' || call === 'update') && isReadBack(sides.options[side]))
        unread[side] += 1;
      onCall(call, when);
    };
  for (const side of ['a', 'b'] as const) sides.options[side].onCall = onCallOf(side);
  sides.status.onWrite = onCall;
  return () => {
    for (const side of ['a', 'b'] as const) sides.options[side].onCall = undefined;
    sides.status.onWrite = undefined;
  };
}

/** Whether a write has to be read back, as its etag is not told. */
const isReadBack = ({ rewrites, etags }: MemoryOptions): boolean =>
  rewrites !== undefined || etags === 'withheld';

const WRITES: ReadonlySet<CallName> = new Set(['create', 'createMany', 'update', 'remove', 'move']);

function loseAnswers(
  { side, ends }: Extract<Fault, { kind: 'loses answers' }>,
  { options }: TwoSides,
): () => void {
  const Loss = ends ? UnreachableError : ServerError;
  options[side].onCall = (call, when) => {
    if (when === 'after' && WRITES.has(call)) throw new Loss('no answer');
  };
  return () => {
    options[side].onCall = undefined;
  };
}

function hide(kind: 'hides' | 'is unsure', uid: string, collection: MemoryCollection): () => void {
  for (const href of collection.hrefs().filter((href) => href.includes(uid))) {
    if (kind === 'hides') collection.withheld.add(href);
    else collection.unclear.set(href, { ident: undefined, reason: 'unsure', weight: 'problem' });
  }
  return () => {
    collection.withheld.clear();
    collection.unclear.clear();
  };
}

function failWrites(
  fault: Extract<Fault, { kind: 'refuses' | 'fails' | 'races' }>,
  sides: TwoSides,
): () => void {
  const Failure = { refuses: RefusedError, fails: ServerError, races: PreconditionFailedError }[fault.kind];
  const options = sides.options[fault.side];
  options.failsWrite = (_, subject): PimsyncError | undefined =>
    subject.includes(fault.uid) ? new Failure('as told') : undefined;
  return () => {
    options.failsWrite = undefined;
  };
}
