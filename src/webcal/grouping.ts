import { createHash } from 'node:crypto';
import type { Part } from './parts.ts';

/** What becomes one item: a component with its overrides. */
export interface Group {
  /** As the feed has it; `undefined` where it has none, or one that names several things. */
  readonly uid: string | undefined;
  readonly parts: readonly Part[];
  /** Equal for equal contents, whatever the UID. */
  readonly key: string;
}

/**
 * Puts what has one UID together. Repetitions of the same are left out. Where one UID stands for different things (some feeds have
 * the same for all their events), it is none, and each of them is an item of its own.
 */
export function groupParts(parts: readonly Part[]): Group[] {
  const byUid = new Map<string, Part[]>();
  const groups: Group[] = [];
  for (const part of parts) {
    const known = part.uid === undefined ? undefined : byUid.get(part.uid);
    if (part.uid === undefined) groups.push(toGroup(undefined, [part]));
    else if (known) known.push(part);
    else byUid.set(part.uid, [part]);
  }
  for (const [uid, all] of byUid) {
    const different = withoutRepetitions(all);
    if (isOneItem(different)) groups.push(toGroup(uid, different));
    else groups.push(...different.map((part) => toGroup(undefined, [part])));
  }
  return groups;
}

const slotOf = ({ name, recurrenceId }: Part): string => `${name} ${recurrenceId}`;

function withoutRepetitions(parts: readonly Part[]): Part[] {
  const seen = new Map(parts.map((part) => [`${slotOf(part)} ${part.key}`, part]));
  return [...seen.values()];
}

const isOneItem = (parts: readonly Part[]): boolean =>
  new Set(parts.map(slotOf)).size === parts.length && new Set(parts.map(({ name }) => name)).size === 1;

function toGroup(uid: string | undefined, parts: readonly Part[]): Group {
  const [only, ...others] = parts;
  if (only && others.length === 0) return { uid, parts, key: only.key };
  const keys = parts.map(({ key }) => key).toSorted();
  return { uid, parts, key: createHash('sha256').update(keys.join()).digest('hex').slice(0, 32) };
}
