import type { Side, Unfinished } from '../core/status.ts';
import type { CollectionInfo, PropertyChanges, PropertyName, Storage } from '../core/storage.ts';
import { SIDES } from './both-sides.ts';
import type { CollectionJob } from './collection-job.ts';
import type { CollectionReport } from './report.ts';

/** What becomes of the properties that a side lacks: they wait for the word that its items wait for, or come back with them. */
export type Losses = ReadonlyMap<Side, 'wait' | 'come back'>;

/** Sides that lost items in a way that looks like an accident, or were given them back: nobody took their properties away. */
export function lossesIn(
  { status, options }: CollectionJob,
  { changes }: Pick<CollectionReport, 'changes'>,
): Losses {
  const unfinished = status.unfinished();
  const lackedBy = (side: Side, of: Unfinished['type']): number =>
    unfinished.filter((leftover) => leftover.type === of && !leftover[side]).length;
  const fateOf = (side: Side): 'wait' | 'come back' | undefined => {
    if (lackedBy(side, 'held') > 0) return 'wait';
    // Where the other side keeps its items, nobody is asked a word about a side that was emptied.
    if (lackedBy(side, 'kept') * 2 > status.count()) return 'wait';
    const isGivenBack = changes.some(({ type, on }) => type === 'create' && on === side);
    return options.deletions === 'discard' && isGivenBack ? 'come back' : undefined;
  };
  return new Map(
    SIDES.flatMap((side) => {
      const fate = fateOf(side);
      return fate ? [[side, fate] as const] : [];
    }),
  );
}

/**
 * Those of the changes that are still what they were planned for. Names are given while a run goes on, too, and no storage sets a
 * property only if it is what it was.
 */
export async function stillWanted(
  changes: PropertyChanges,
  info: CollectionInfo,
  storage: Storage,
  signal?: AbortSignal,
): Promise<Map<PropertyName, string | undefined>> {
  const now = (await storage.discover(signal)).find(({ href }) => href === info.href);
  return new Map([...changes].filter(([name]) => now && now.properties[name] === info.properties[name]));
}
