import { existsSync } from 'node:fs';
import { openDatabase } from '../cache/database.ts';
import { readPairOverview } from '../cache/pair-overview.ts';
import type { Config } from '../config/config.ts';
import type { ConflictChoice } from '../config/conflict-choice.ts';
import { UsageError } from '../core/errors.ts';
import { describeText } from '../core/describe.ts';
import { type ContentHash, identOfUid, type ItemKind } from '../core/item.ts';
import { mergeTexts } from '../core/merge.ts';
import type { Mapping, Side, StatusStore } from '../core/status.ts';
import { type Difference, textDifferences } from '../core/text-differences.ts';
import { storedProblems } from '../sync/notes.ts';
import type { ConflictTexts } from '../sync/read-conflict.ts';
import type { ItemResolution, PropertyValues, Resolution } from '../sync/resolution.ts';
import { type CommandBase, loadForCommand } from './command-base.ts';
import { atTerminal, shellAtTerminal } from './conflict-programs.ts';
import { withoutSecrets } from './hooks.ts';
import { makeOneText, type RunProgram } from './make-one-text.ts';
import {
  judged,
  type PropertyConflict,
  propertyResolution,
  showProperty,
  type ShownProperty,
  waitingProperties,
} from './property-conflicts.ts';
import { runSync } from './run-sync.ts';
import { parseSelection } from './selection.ts';
import { statePaths } from './state-paths.ts';
import type { SyncOutcome } from './sync-outcome.ts';
import { pairNames, storagesOfPair } from './wiring.ts';
import { withEngine } from './with-engine.ts';

/** Something that both sides changed, and that waits for somebody to decide. */
export type Conflict = ItemConflict | PropertyConflict;
export type ShownConflict = ShownItem | ShownProperty;

export interface ItemConflict {
  readonly type: 'item';
  /** What it is called on the command line: `PAIR/COLLECTION/UID`. */
  readonly item: string;
  readonly pair: string;
  readonly collection: string;
  readonly uid: string;
  readonly title: string | undefined;
  readonly reason: string;
  readonly hrefs: { readonly a: string | undefined; readonly b: string | undefined };
}

export interface ShownItem extends ItemConflict, ConflictTexts {
  /** When it begins, as side a has it. */
  readonly start: string | undefined;
  readonly differences: readonly Difference[];
  /** What somebody can decide with effect. `edit` stands for every program. */
  readonly choices: readonly Choice[];
}

export const CHOICES = ['keep a', 'keep b', 'keep both', 'merge', 'edit'] as const;
export type Choice = (typeof CHOICES)[number];

/**
 * What somebody wants to become of it. `command`: of a line of shell that is given both texts as files and makes them equal;
 * `configured`: of the command that the configuration has for the pair.
 */
export type Decision =
  | { readonly type: 'keep'; readonly side: Side }
  | { readonly type: 'both' }
  | { readonly type: 'merge' }
  | { readonly type: 'command'; readonly command: string }
  | { readonly type: 'configured' };

/** The contents that somebody has looked at to decide. */
export type Seen =
  | ({ readonly type: 'item' } & Readonly<Record<Side, ContentHash>>)
  | ({ readonly type: 'property' } & PropertyValues);

export const seenIn = (shown: ShownConflict): Seen =>
  shown.type === 'property'
    ? { type: 'property', ...shown.values }
    : { type: 'item', a: shown.a.hash, b: shown.b.hash };

export interface ConflictOptions extends CommandBase {
  readonly signal: AbortSignal;
  /** Passwords that were typed before, by storage; what is typed is added. */
  readonly typed?: Map<string, string>;
}

/** All that wait, from the state folder alone, in the order of the configuration. @throws ConfigError, StateError */
export async function listConflicts(base: CommandBase): Promise<readonly Conflict[]> {
  return conflictsIn(await loadForCommand(base));
}

/**
 * One that is named, or all of some pairs and collections (none: of all).
 * @throws UsageError for an unknown item or pair
 */
export async function chooseConflicts(
  base: CommandBase,
  wanted: { readonly item: string } | { readonly selection: readonly string[] },
): Promise<readonly Conflict[]> {
  const config = await loadForCommand(base);
  const conflicts = conflictsIn(config);
  if ('item' in wanted) return [find(conflicts, wanted.item)];
  const selection = parseSelection(wanted.selection, pairNames(config));
  return conflicts.filter(({ pair, collection }) => {
    const only = selection.get(pair);
    return selection.has(pair) && (only?.has(collection) ?? true);
  });
}

/** One with both texts as they are now, or both values as the last run found them. @throws UsageError for an unknown item; NotFoundError; PimsyncError of the storages */
export async function showConflict(options: ConflictOptions, item: string): Promise<ShownConflict> {
  const config = await loadForCommand(options);
  const conflict = find(conflictsIn(config), item);
  if (conflict.type === 'property') return showProperty(conflict, config);
  const texts = await readTexts(config, conflict, options);
  const { kind, base, a, b } = texts;
  return {
    ...conflict,
    ...texts,
    start: describeText(kind, a.text).start,
    differences: textDifferences({ base, a: a.text, b: b.text }),
    choices: choicesFor(texts),
  };
}

function choicesFor({ kind, base, a, b }: ConflictTexts): Choice[] {
  const canBoth = !a.readOnly && !b.readOnly;
  const canMerge =
    canBoth && base !== undefined && mergeTexts(kind, { base, a: a.text, b: b.text }).type === 'merged';
  const possible: Readonly<Record<Choice, boolean>> = {
    'keep a': !b.readOnly,
    'keep b': !a.readOnly,
    'keep both': canBoth,
    merge: canMerge,
    edit: canBoth,
  };
  return CHOICES.filter((choice) => possible[choice]);
}

/** The program that the configuration has for the conflicts of each pair which has one. */
export async function conflictPrograms(base: CommandBase): Promise<ReadonlyMap<string, string>> {
  const config = await loadForCommand(base);
  return new Map(
    pairNames(config).flatMap((pair) => {
      const choice = choiceOf(config, pair);
      return typeof choice === 'string' ? [] : [[pair, choice.argv[0] ?? ''] as const];
    }),
  );
}

const choiceOf = ({ pairs, mount }: Config, pair: string): ConflictChoice =>
  pairs.get(pair)?.conflict ?? mount?.conflict ?? 'manual';

/**
 * Has one be as decided, by synchronising its collection.
 * @param seen where either side has another content by now, nothing is done
 * @throws UsageError for an unknown item, and when a program did not come to one text; PimsyncError as `sync`
 */
export async function resolveConflict(
  options: ConflictOptions,
  item: string,
  decision: Decision,
  seen?: Seen,
): Promise<SyncOutcome> {
  const config = await loadForCommand(options);
  const conflict = find(conflictsIn(config), item);
  const sync = (resolution: Resolution): Promise<SyncOutcome> =>
    runSync({
      ...options,
      selection: [`${conflict.pair}/${conflict.collection}`],
      dryRun: false,
      allowEmpty: false,
      resolutions: [resolution],
      onProgress: () => {},
    });
  if (conflict.type === 'property') {
    const values = seen?.type === 'property' ? { a: seen.a, b: seen.b } : undefined;
    return judged(conflict, await sync(propertyResolution(conflict, decision, values)));
  }
  const isAsked = decision.type === 'command' || decision.type === 'configured';
  const hashes = seen?.type === 'item' ? { a: seen.a, b: seen.b } : undefined;
  const how = isAsked
    ? await askProgram(decision, config, conflict, options)
    : { how: decision, seen: hashes };
  return sync({ ident: identOfUid(conflict.uid), ...how });
}

async function askProgram(
  decision: Extract<Decision, { type: 'command' | 'configured' }>,
  config: Config,
  conflict: ItemConflict,
  options: ConflictOptions,
): Promise<Omit<ItemResolution, 'ident'>> {
  const { kind, base, a, b } = await readTexts(config, conflict, options);
  const program = programOf(decision, choiceOf(config, conflict.pair));
  const outcome = await makeOneText(
    program,
    { kind, base, a: a.text, b: b.text },
    { env: withoutSecrets(options.env, config), signal: options.signal },
  );
  if (outcome.type === 'left') throw new UsageError(`not resolved: ${outcome.reason}; nothing was changed`);
  return { how: outcome, seen: { a: a.hash, b: b.hash } };
}

function programOf(
  decision: Extract<Decision, { type: 'command' | 'configured' }>,
  choice: ConflictChoice,
): RunProgram {
  if (decision.type === 'command') return shellAtTerminal(decision.command);
  if (typeof choice === 'string') throw new UsageError('the configuration has no command for this pair');
  return atTerminal(choice.argv);
}

async function readTexts(
  config: Config,
  { pair, collection, uid }: ItemConflict,
  { log, signal, typed }: ConflictOptions,
): Promise<ConflictTexts> {
  const place = { collection, ident: identOfUid(uid) };
  const texts = await withEngine(config, {
    request: { op: 'conflict', pair, place },
    here: (engine) => engine.readConflict(pair, place, signal),
    storages: new Set(storagesOfPair(config, pair)),
    forgetful: false,
    log,
    signal,
    typed,
  });
  return texts as ConflictTexts;
}

type WaitingConflict = ItemConflict | ReturnType<typeof waitingProperties>[number];

function conflictsIn(config: Config): WaitingConflict[] {
  const { database } = statePaths(config.statePath);
  if (!existsSync(database)) return [];
  const db = openDatabase(database);
  try {
    return pairNames(config).flatMap((pair) =>
      readPairOverview(db, pair).flatMap(({ mapping, status }) =>
        [waitingItems(config, pair, mapping, status), waitingProperties(pair, mapping, status)].flat(),
      ),
    );
  } finally {
    db.close();
  }
}

function waitingItems(
  config: Config,
  pair: string,
  { name: collection }: Mapping,
  status: StatusStore,
): ItemConflict[] {
  return storedProblems(kindOf(config, pair), status).flatMap(({ type, uid, title, reason, hrefs }) => {
    if (type !== 'conflict' || uid === undefined) return [];
    return [
      { type: 'item', item: `${pair}/${collection}/${uid}`, pair, collection, uid, title, reason, hrefs },
    ];
  });
}

const kindOf = (config: Config, pair: string): ItemKind =>
  storagesOfPair(config, pair)
    .map((name) => config.storages.get(name)?.kind)
    .find((kind) => kind !== undefined) ?? 'calendar';

function find<T extends Conflict>(conflicts: readonly T[], wanted: string): T {
  const found = conflicts.filter((one) => one.item === wanted || shortNameOf(one) === wanted);
  const [only, ...others] = found;
  if (!only) {
    const there = conflicts.length === 0 ? 'there is none' : `there are: ${itemsOf(conflicts)}`;
    throw new UsageError(`no conflict is called "${wanted}"; ${there}`);
  }
  if (others.length > 0)
    throw new UsageError(`several conflicts are called ${wanted}; name one of: ${itemsOf(found)}`);
  return only;
}

const shortNameOf = (conflict: Conflict): string =>
  conflict.type === 'property' ? conflict.property : conflict.uid;

const itemsOf = (conflicts: readonly Conflict[]): string => conflicts.map(({ item }) => item).join(', ');
