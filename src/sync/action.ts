import type { Ident, Item } from '../core/item.ts';
import type { Side, Unfinished, Version } from '../core/status.ts';
import type { UpdateReason } from '../core/storage.ts';

/** One step towards agreement. */
export type Action =
  | { readonly type: 'create'; readonly on: Side; readonly ident: Ident; readonly source: Version }
  | {
      readonly type: 'update';
      readonly on: Side;
      readonly ident: Ident;
      readonly source: Version;
      readonly target: Version;
      /** Absent: the other side changed it. */
      readonly reason?: UpdateReason;
    }
  | { readonly type: 'remove'; readonly on: Side; readonly ident: Ident; readonly target: Version }
  | {
      readonly type: 'conflict';
      readonly ident: Ident;
      readonly a: Version;
      readonly b: Version;
      /** What both changed, where that was looked at. */
      readonly about?: readonly string[];
    }
  | {
      readonly type: 'merge';
      readonly ident: Ident;
      readonly a: Version;
      readonly b: Version;
      /** What both sides are to hold. */
      readonly merged: Item;
      /** The text of side a that went into it. */
      readonly textOfA: string;
    }
  | {
      readonly type: 'split';
      readonly ident: Ident;
      readonly a: Version;
      readonly b: Version;
      /** What side b had, under a UID of its own. */
      readonly copy: Item;
    }
  | { readonly type: 'remember'; readonly ident: Ident; readonly a: Version; readonly b: Version }
  | { readonly type: 'forget'; readonly ident: Ident };

export type Create = Extract<Action, { type: 'create' }>;
export type Update = Extract<Action, { type: 'update' }>;
export type Remove = Extract<Action, { type: 'remove' }>;
export type Conflict = Extract<Action, { type: 'conflict' }>;
export type Merge = Extract<Action, { type: 'merge' }>;
export type Split = Extract<Action, { type: 'split' }>;
export type Remember = Extract<Action, { type: 'remember' }>;
/** What sends a text to a storage. */
export type Send = Create | Update;
/** What changes a storage. */
export type Write = Send | Remove;

export const isWrite = (action: Action): action is Write => 'on' in action;

/** What it writes to either side. */
export function writesOf(action: Action): readonly Write[] {
  if (isWrite(action)) return [action];
  if (action.type !== 'merge' && action.type !== 'split') return [];
  const { ident, a, b } = action;
  const toB: Update = { type: 'update', on: 'b', ident, source: a, target: b };
  if (action.type === 'merge') return [toB, { type: 'update', on: 'a', ident, source: b, target: a }];
  const { copy } = action;
  return [
    { type: 'create', on: 'b', ident: copy.ident, source: b },
    toB,
    { type: 'create', on: 'a', ident: copy.ident, source: b },
  ];
}

type BothVersions = Readonly<Record<Side, Version | undefined>>;

/** What each side held when the action was planned. */
export function versionsOf(action: Write | Conflict): BothVersions {
  if (action.type === 'conflict') return { a: action.a, b: action.b };
  const target = action.type === 'create' ? undefined : action.target;
  const source = action.type === 'remove' ? undefined : action.source;
  return action.on === 'a' ? { a: target, b: source } : { a: source, b: target };
}

/** An action that could not be done, as the next run needs it. */
export const leftOver = (
  action: Write | Conflict,
  { type, reason, atMs }: Pick<Unfinished, 'type' | 'reason' | 'atMs'>,
): Unfinished => ({ ident: action.ident, ...versionsOf(action), type, reason, atMs });
