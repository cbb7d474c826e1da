import type { CollectionProperties, StorageMemo } from '../core/storage.ts';
import { METADATA_NAMES } from '../core/item-name.ts';
import type { Remembered } from './identity.ts';

/** What is known of a feed since the last look at it. */
export interface PastLook {
  readonly state: string;
  readonly properties: CollectionProperties;
  /** Of the downloaded bytes. */
  readonly digest: string;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

const LOOK = 'feed';
const IDENTITIES = 'feed-identities';
/** Of what is written here; anything else is forgotten. To be raised when items are made of feeds in another way. */
const FORM = 1;

/** @param address a digest of where the feed is; what is remembered of another place does not count */
export function recallLook(memo: StorageMemo, address: string): PastLook | undefined {
  const stored = parsed(memo.get(LOOK));
  if (!isRecord(stored) || stored['form'] !== FORM || stored['address'] !== address) return undefined;
  const [state, digest] = [text(stored['state']), text(stored['digest'])];
  if (state === undefined || digest === undefined) return undefined;
  return {
    state,
    digest,
    properties: propertiesIn(stored['properties']),
    etag: text(stored['etag']),
    lastModified: text(stored['lastModified']),
  };
}

/** Writes only what is new: a quiet feed costs no write. */
export function rememberLook(memo: StorageMemo, address: string, look: PastLook): void {
  setIfNew(memo, LOOK, JSON.stringify({ form: FORM, address, ...look }));
}

/** The identities outlive a change of the address: private feeds get new ones when somebody shares them anew. */
export function recallIdentities(memo: StorageMemo): Remembered {
  const stored = parsed(memo.get(IDENTITIES));
  if (!Array.isArray(stored)) return new Map();
  return new Map(
    stored.flatMap((entry: unknown): [string, string[]][] => {
      const [key, uids]: unknown[] = Array.isArray(entry) ? entry : [];
      const isSound = typeof key === 'string' && Array.isArray(uids);
      return isSound ? [[key, uids.filter((uid) => typeof uid === 'string')]] : [];
    }),
  );
}

export function rememberIdentities(memo: StorageMemo, remembered: Remembered): void {
  setIfNew(memo, IDENTITIES, JSON.stringify([...remembered]));
}

function setIfNew(memo: StorageMemo, key: string, value: string): void {
  if (memo.get(key) !== value) memo.set(key, value);
}

function parsed(stored: string | undefined): unknown {
  if (stored === undefined) return undefined;
  try {
    return JSON.parse(stored);
  } catch {
    // Written by another version; it is only a memory.
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const propertiesIn = (stored: unknown): CollectionProperties =>
  Object.fromEntries(
    METADATA_NAMES.flatMap((name) => {
      const value = isRecord(stored) ? text(stored[name]) : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
