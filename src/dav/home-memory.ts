import type { StorageMemo } from '../core/storage.ts';
import type { Place } from './home.ts';

const KEY = 'places';

/**
 * Where the collections of this account were last time. What cannot be read is forgotten, never an error.
 * @param from the configured URL and user: places found from another one are none of ours
 */
export function recallPlaces(memo: StorageMemo, from: string): readonly Place[] {
  const text = memo.get(KEY);
  if (text === undefined) return [];
  try {
    const stored: unknown = JSON.parse(text);
    return isMemory(stored) && stored.from === from ? stored.places.flatMap(toPlace) : [];
  } catch {
    return [];
  }
}

export function rememberPlaces(memo: StorageMemo, from: string, places: readonly Place[]): void {
  memo.set(KEY, JSON.stringify({ from, places: places.map(({ type, url }) => ({ type, url: url.href })) }));
}

const isMemory = (
  stored: unknown,
): stored is { readonly from: unknown; readonly places: readonly unknown[] } =>
  typeof stored === 'object' &&
  stored !== null &&
  'from' in stored &&
  'places' in stored &&
  Array.isArray(stored.places);

function toPlace(stored: unknown): Place[] {
  if (typeof stored !== 'object' || stored === null || !('type' in stored) || !('url' in stored)) return [];
  const { type, url } = stored;
  if ((type !== 'home' && type !== 'collection') || typeof url !== 'string' || !URL.canParse(url)) return [];
  return [{ type, url: new URL(url) }];
}
