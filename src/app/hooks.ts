import type { Config, PairConfig, VdirStorageConfig } from '../config/config.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Timer } from '../lib/timer.ts';
import type { Change, PairReport } from '../sync/report.ts';
import type { VdirHooks } from '../vdir/hooks.ts';
import { runHook } from './run-hook.ts';

export interface HooksOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly timer?: Timer;
}

/** One call of one of the user's programs. */
interface Call {
  /** The key of the configuration. */
  readonly key: 'on_change' | 'post_hook' | 'pre_deletion_hook';
  readonly argv: readonly string[];
  readonly input?: string;
  readonly signal: AbortSignal | undefined;
}

const ACTIONS = { create: 'created', update: 'updated', remove: 'deleted' } as const satisfies Record<
  Change['type'],
  string
>;

/**
 * Calls the programs that the configuration names. What is wrong with one is told, and keeps nothing from being done. Calls for one
 * storage come one after another, and so do those for one pair: `git commit` and its like cannot be called twice at once.
 */
export class Hooks {
  readonly #options: HooksOptions;
  readonly #env: NodeJS.ProcessEnv;
  readonly #locks = new KeyedLock();
  /** How often each thing went wrong since it was last told, by storage. */
  readonly #failures = new Map<string, Map<string, number>>();

  constructor(options: HooksOptions) {
    this.#options = options;
    this.#env = withoutSecrets(options.env, options.config);
  }

  /** `undefined`: it has none. */
  ofVdir({ name, postHook, preDeletionHook }: VdirStorageConfig): VdirHooks | undefined {
    if (!postHook && !preDeletionHook) return undefined;
    const call = async (
      key: Call['key'],
      argv: readonly string[] | undefined,
      ...[path, signal]: Parameters<VdirHooks['written']>
    ): Promise<void> => {
      if (!argv) return;
      const failure = await this.#call(`storage ${name}`, { key, argv: [...argv, path], signal });
      if (failure !== undefined) this.#count(name, failure);
    };
    return {
      written: (path, signal) => call('post_hook', postHook, path, signal),
      beforeRemoval: (path, signal) => call('pre_deletion_hook', preDeletionHook, path, signal),
    };
  }

  /** Calls `on_change` where something was changed. @returns what went wrong with this, and since the last time with the storages' hooks */
  async afterRun(
    pair: Pick<PairConfig, 'name' | 'a' | 'b' | 'onChange'>,
    report: PairReport,
    signal: AbortSignal | undefined,
  ): Promise<string[]> {
    const notes = [...new Set([pair.a, pair.b])].flatMap((storage) => this.takeFailures(storage));
    const lines = changeLines(pair, report);
    if (!pair.onChange || lines.length === 0) return notes;
    const call = { key: 'on_change', argv: pair.onChange, input: lines.join(''), signal } as const;
    const failure = await this.#call(`pair ${pair.name}`, call);
    return failure === undefined ? notes : [...notes, failure];
  }

  /** @returns what is to be told */
  async #call(owner: string, { key, argv, input = '', signal }: Call): Promise<string | undefined> {
    const { log, timer } = this.#options;
    const end = await this.#locks.run(owner, () =>
      runHook(argv, { env: this.#env, input, signal, ...(timer && { timer }) }),
    );
    // Arguments are not told: people write secrets into them.
    const program = argv[0] ?? '';
    log.debug({ owner, program, output: end.output.trimEnd(), failure: end.failure }, `${key} was called`);
    return end.failure === undefined ? undefined : `${key} ${program} failed: ${end.failure}`;
  }

  #count(storage: string, failure: string): void {
    const counts = this.#failures.get(storage) ?? new Map<string, number>();
    counts.set(failure, (counts.get(failure) ?? 0) + 1);
    this.#failures.set(storage, counts);
  }

  /** What went wrong with a storage's hooks since this was last asked. */
  takeFailures(storage: string): string[] {
    const counts = this.#failures.get(storage) ?? new Map<string, number>();
    this.#failures.delete(storage);
    return [...counts].map(
      ([failure, count]) => `storage "${storage}": ${failure}${count > 1 ? ` (${count} times)` : ''}`,
    );
  }
}

/** One line of JSON for each item that was changed. These names are kept; new ones may be added. */
function changeLines(pair: Pick<PairConfig, 'name' | 'a' | 'b'>, { collections }: PairReport): string[] {
  return collections.flatMap(({ name, changes }) =>
    changes.map(({ type, on, href, uid, title }) => {
      const line = {
        pair: pair.name,
        collection: name,
        side: on,
        storage: pair[on],
        action: ACTIONS[type],
        href,
        uid: uid ?? null,
        summary: title ?? null,
      };
      return `${JSON.stringify(line)}\n`;
    }),
  );
}

/** What the configuration takes passwords from is nobody else's. */
export function withoutSecrets(env: NodeJS.ProcessEnv, { storages }: Config): NodeJS.ProcessEnv {
  const secret = new Set(['PIMSYNC_PASSWORD']);
  for (const storage of storages.values())
    if ('password' in storage && storage.password?.type === 'env') secret.add(storage.password.variable);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secret.has(name)));
}
