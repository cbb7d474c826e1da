import { PimsyncError, ReadOnlyError } from '../core/errors.ts';
import type { Collection } from '../core/storage.ts';
import { type Done, executeRepair } from './execute.ts';
import type { Finding } from './finding.ts';
import { type Label, planRepairs } from './plan.ts';
import { surveyCollection } from './survey.ts';

/** What is wrong with one stored text, and what came of it. */
export interface ItemReport extends Label {
  readonly href: string;
  readonly findings: readonly Finding[];
  readonly outcome: Outcome;
}

export type Outcome =
  | { readonly type: 'planned' }
  | Done
  /** Only a person can put it right. */
  | { readonly type: 'not repairable'; readonly reason: string };

export interface CollectionReport {
  /** How many texts were looked at. */
  readonly looked: number;
  /** How many UIDs and names make trouble elsewhere, and were left because nobody asked. */
  readonly unsafe: number;
  readonly items: readonly ItemReport[];
  /** Why there is nothing about the rest: it cannot be read or written, or nothing can be reached any more. */
  readonly error: PimsyncError | undefined;
}

export interface RepairOptions {
  /** `false`: only says what it would do. */
  readonly apply: boolean;
  readonly unsafeUids: boolean;
  readonly nowMs: number;
  readonly newUid: () => string;
  readonly signal?: AbortSignal | undefined;
  readonly onRead?: (done: number, total: number) => void;
  /** Is told of each text that something is wrong with, as soon as it is known what came of it. */
  readonly onItem?: (item: ItemReport) => void;
}

/**
 * Looks through a collection and puts right what can be put right. One text that fails does not keep the others from it.
 * @throws the signal's reason
 */
export async function repairCollection(
  collection: Collection,
  options: RepairOptions,
): Promise<CollectionReport> {
  const found = { looked: 0, unsafe: 0, items: new Array<ItemReport>() };
  try {
    await repairAll(collection, options, found);
    return { ...found, error: undefined };
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    return { ...found, error };
  }
}

async function repairAll(
  collection: Collection,
  options: RepairOptions,
  found: { looked: number; unsafe: number; readonly items: ItemReport[] },
): Promise<void> {
  const { apply, unsafeUids, signal, onItem } = options;
  const { href, readOnly } = collection.info;
  if (apply && readOnly) throw new ReadOnlyError(`${href} is read-only, so it cannot be repaired`);
  const { examined, lost } = await surveyCollection(collection, options);
  const { repairs, unsafe } = planRepairs(examined, { unsafeUids });
  found.looked = examined.length + lost.length;
  found.unsafe = unsafe;
  const tell = (item: ItemReport): void => {
    found.items.push(item);
    onItem?.(item);
  };
  for (const { label, reason, ...item } of lost)
    tell({ ...item, ...label, findings: [], outcome: { type: 'not repairable', reason } });
  for (const repair of repairs) {
    signal?.throwIfAborted();
    const { item, findings } = repair;
    const outcome: Outcome = apply
      ? await executeRepair(repair, { ...options, collection })
      : { type: 'planned' };
    tell({ href: item.href, ...item.label, findings, outcome });
  }
}
