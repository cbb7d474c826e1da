import {
  type CollectionReport,
  type ItemReport,
  repairCollection,
  type RepairOptions,
} from '../../src/repair/repair-collection.ts';
import type { MemoryCollection } from './memory-collection.ts';
import { type MemoryOptions, MemoryStorage } from './memory-storage.ts';

export const NOW_MS = Date.UTC(2026, 10, 22, 10, 15);

/** A collection with these texts in it, by file name, and the way to change how it behaves. */
export function stored(
  texts: Readonly<Record<string, string>>,
  options: MemoryOptions = {},
): { readonly collection: MemoryCollection; readonly options: MemoryOptions } {
  const storage = new MemoryStorage(options);
  const collection = storage.collection('work');
  for (const [name, text] of Object.entries(texts)) collection.put(name, text);
  return { collection, options: storage.options };
}

/** Repairs it; the UIDs that are made up are `new-1`, `new-2` … */
export function repaired(
  collection: MemoryCollection,
  options: Partial<RepairOptions> = {},
): Promise<CollectionReport> {
  let count = 0;
  return repairCollection(collection, {
    apply: true,
    unsafeUids: false,
    nowMs: NOW_MS,
    newUid: () => `new-${(count += 1)}`,
    ...options,
  });
}

/** `a.ics: repaired (no-uid)` */
export const outcomes = ({ items }: CollectionReport): string[] => items.map(inWords).toSorted();

function inWords({ href, findings, outcome }: ItemReport): string {
  const faults = findings.length > 0 ? ` (${findings.map(({ fault }) => fault).join(', ')})` : '';
  return `${href.slice(href.lastIndexOf('/') + 1)}: ${outcome.type}${faults}`;
}
