import type { Group } from './grouping.ts';

/** A group under the UID that it goes by outside of this storage. */
export interface Identified {
  readonly group: Group;
  readonly uid: string;
}

/** The UIDs that contents went by at the last look, by the groups' keys. */
export type Remembered = ReadonlyMap<string, readonly string[]>;

/**
 * Gives each group a UID that lasts. Some feeds invent new UIDs at every download, and then everything would be deleted and created anew
 * each time: contents that went by a UID which is gone now keep it. What has no UID gets one from its contents.
 */
export function identify(groups: readonly Group[], remembered: Remembered): Identified[] {
  const known = new Set([...remembered.values()].flat());
  const present = new Set(groups.map(({ uid }) => uid));
  const free = new Map([...remembered].map(([key, uids]) => [key, uids.filter((uid) => !present.has(uid))]));
  const twins = new Map<string, number>();
  return groups.map((group) => {
    const { uid, key } = group;
    if (uid !== undefined && known.has(uid)) return { group, uid };
    if (uid !== undefined) return { group, uid: free.get(key)?.shift() ?? uid };
    const number = (twins.get(key) ?? 0) + 1;
    twins.set(key, number);
    return { group, uid: number === 1 ? `pimsync-${key}` : `pimsync-${key}-${number}` };
  });
}

/** What to remember for the next look. UIDs made from contents come out the same again by themselves. */
export function remember(identified: readonly Identified[]): Remembered {
  const uidsByKey = new Map<string, string[]>();
  for (const { group, uid } of identified) {
    if (group.uid === undefined) continue;
    const uids = uidsByKey.get(group.key) ?? [];
    uids.push(uid);
    uidsByKey.set(group.key, uids);
  }
  return uidsByKey;
}
