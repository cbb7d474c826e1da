import { existsSync } from 'node:fs';
import { openDatabase } from '../cache/database.ts';
import { readPairOverview } from '../cache/pair-overview.ts';
import type { Config } from '../config/config.ts';
import { UsageError } from '../core/errors.ts';
import { identOfUid, type ItemKind } from '../core/item.ts';
import type { Side } from '../core/status.ts';
import { type Difference, textDifferences } from '../core/text-differences.ts';
import { storedProblems } from '../sync/notes.ts';
import type { ConflictTexts } from '../sync/read-conflict.ts';
import type { Resolution } from '../sync/resolution.ts';
import { type CommandBase, loadForCommand } from './command-base.ts';
import { makeOneText } from './make-one-text.ts';
import { runSync } from './run-sync.ts';
import { statePaths } from './state-paths.ts';
import type { SyncOutcome } from './sync-outcome.ts';
import { pairNames, storagesOfPair } from './wiring.ts';
import { withEngine } from './with-engine.ts';

/** An item that both sides changed, and that waits for somebody to decide. */
export interface Conflict {
  /** What it is called on the command line: `PAIR/COLLECTION/UID`. */
  readonly item: string;
  readonly pair: string;
  readonly collection: string;
  readonly uid: string;
  readonly title: string | undefined;
  readonly reason: string;
  readonly hrefs: { readonly a: string | undefined; readonly b: string | undefined };
}

export interface ShownConflict extends Conflict, Omit<ConflictTexts, 'kind'> {
  readonly differences: readonly Difference[];
}

/** What somebody wants to become of it. `command`: of a program that is given both texts as files and makes them equal. */
export type Decision =
  | { readonly type: 'keep'; readonly side: Side }
  | { readonly type: 'merge' }
  | { readonly type: 'command'; readonly command: string };

export interface ConflictOptions extends CommandBase {
  readonly signal: AbortSignal;
}

/** All that wait, from the state folder alone, in the order of the configuration. @throws ConfigError, StateError */
export async function listConflicts(base: CommandBase): Promise<readonly Conflict[]> {
  return conflictsIn(await loadForCommand(base));
}

/** One with both texts, as they are now. @throws UsageError for an unknown item; NotFoundError; PimsyncError of the storages */
export async function showConflict(options: ConflictOptions, item: string): Promise<ShownConflict> {
  const config = await loadForCommand(options);
  const conflict = find(conflictsIn(config), item);
  const { base, a, b } = await readTexts(config, conflict, options);
  return { ...conflict, base, a, b, differences: textDifferences({ base, a: a.text, b: b.text }) };
}

/**
 * Has one be as decided, by synchronising its collection.
 * @throws UsageError for an unknown item, and when a command did not come to one text; PimsyncError as `sync`
 */
export async function resolveConflict(
  options: ConflictOptions,
  item: string,
  decision: Decision,
): Promise<SyncOutcome> {
  const config = await loadForCommand(options);
  const conflict = find(conflictsIn(config), item);
  const ident = identOfUid(conflict.uid);
  return runSync({
    ...options,
    selection: [`${conflict.pair}/${conflict.collection}`],
    dryRun: false,
    allowEmpty: false,
    resolutions: [{ ident, how: await howTo(decision, config, conflict, options) }],
    onProgress: () => {},
  });
}

async function howTo(
  decision: Decision,
  config: Config,
  conflict: Conflict,
  options: ConflictOptions,
): Promise<Resolution['how']> {
  if (decision.type !== 'command') return decision;
  const { kind, a, b } = await readTexts(config, conflict, options);
  const text = await makeOneText(decision.command, { kind, a: a.text, b: b.text }, options.signal);
  return { type: 'text', text, a: a.hash, b: b.hash };
}

async function readTexts(
  config: Config,
  { pair, collection, uid }: Conflict,
  { log, signal }: ConflictOptions,
): Promise<ConflictTexts> {
  const place = { collection, ident: identOfUid(uid) };
  const texts = await withEngine(config, {
    request: { op: 'conflict', pair, place },
    here: (engine) => engine.readConflict(pair, place, signal),
    storages: new Set(storagesOfPair(config, pair)),
    forgetful: false,
    log,
    signal,
  });
  return texts as ConflictTexts;
}

function conflictsIn(config: Config): Conflict[] {
  const { database } = statePaths(config.statePath);
  if (!existsSync(database)) return [];
  const db = openDatabase(database);
  try {
    return pairNames(config).flatMap((pair) =>
      readPairOverview(db, pair).flatMap(({ mapping, status }) =>
        storedProblems(kindOf(config, pair), status).flatMap(({ type, uid, title, reason, hrefs }) => {
          if (type !== 'conflict' || uid === undefined) return [];
          const item = `${pair}/${mapping.name}/${uid}`;
          return [{ item, pair, collection: mapping.name, uid, title, reason, hrefs }];
        }),
      ),
    );
  } finally {
    db.close();
  }
}

const kindOf = (config: Config, pair: string): ItemKind =>
  storagesOfPair(config, pair)
    .map((name) => config.storages.get(name)?.kind)
    .find((kind) => kind !== undefined) ?? 'calendar';

function find(conflicts: readonly Conflict[], wanted: string): Conflict {
  const found = conflicts.filter(({ item, uid }) => item === wanted || uid === wanted);
  const [only, ...others] = found;
  if (!only) {
    const there = conflicts.length === 0 ? 'there is none' : `there are: ${itemsOf(conflicts)}`;
    throw new UsageError(`no conflict is called "${wanted}"; ${there}`);
  }
  if (others.length > 0)
    throw new UsageError(`several conflicts have the UID ${wanted}; name one of: ${itemsOf(found)}`);
  return only;
}

const itemsOf = (conflicts: readonly Conflict[]): string => conflicts.map(({ item }) => item).join(', ');
