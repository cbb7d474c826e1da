import { randomUUID } from 'node:crypto';
import type { UpdateReason } from '../core/storage.ts';
import type { Database } from './database.ts';
import type { Base } from './engine-writes.ts';
import type { Place } from './inode-rows.ts';

/**
 * How long a row that was refused or given up is remembered. The kernel repeats an operation answered with ESTALE, and one that the
 * engine has stopped waiting for may still arrive: without the row either would be taken for a user's and destroy an edit.
 */
const VOID_LIFE_MS = 120_000;

export interface StagedRow extends Place {
  readonly token: string;
  readonly state: 'live' | 'void' | 'done';
  readonly ino: number;
  readonly version: number | null;
  readonly seq: number | null;
  readonly bytes: Buffer | null;
  readonly reason: UpdateReason | null;
  /** The etag that the change took effect with. */
  readonly result: number | null;
}

/** Rows of what the engine is about to publish. No transactions here. */
export class Staging {
  readonly #insert;
  readonly #byToken;
  readonly #changeOf;
  readonly #removalOf;
  readonly #removalOfDirectory;
  readonly #additionOf;
  readonly #finish;
  readonly #delete;

  constructor(db: Database) {
    this.#insert = db.prepare<
      [
        string,
        string,
        number,
        string,
        number,
        number | null,
        number | null,
        Uint8Array | null,
        number,
        string | null,
      ]
    >(`INSERT INTO staged VALUES (?, ?, 'live', ?, ?, ?, ?, ?, ?, ?, NULL, ?)`);
    this.#byToken = db.prepare<[string], StagedRow>('SELECT * FROM staged WHERE token = ?');
    // By name and not by inode: when a user has put another file there meanwhile, that one must be spared.
    this.#changeOf = db.prepare<[number, number, number], StagedRow>(
      `SELECT staged.* FROM entry JOIN staged ON staged.parent = entry.parent AND staged.name = entry.name
       WHERE entry.ino = ? AND op = 'change' AND length(bytes) = ?
         AND (state = 'live' OR state = 'void' AND at > ?) ORDER BY state LIMIT 1`,
    );
    this.#removalOf = db.prepare<[number, string, number], StagedRow>(
      `SELECT * FROM staged WHERE parent = ? AND name = ? AND op = 'remove'
         AND (state = 'live' OR state = 'void' AND at > ?) ORDER BY state LIMIT 1`,
    );
    this.#removalOfDirectory = db.prepare<[number, number], StagedRow>(
      `SELECT * FROM staged WHERE ino = ? AND op = 'remove'
         AND (state = 'live' OR state = 'void' AND at > ?) ORDER BY state LIMIT 1`,
    );
    this.#additionOf = db
      .prepare<[number, string], number>(
        `SELECT 1 FROM staged WHERE parent = ? AND name = ? AND op = 'add' AND state = 'live'`,
      )
      .pluck();
    this.#finish = db.prepare<[string, number | null, number, string]>(
      `UPDATE staged SET state = ?, result = ?, at = ? WHERE token = ? AND state <> 'done'`,
    );
    this.#delete = db.prepare<[string]>('DELETE FROM staged WHERE token = ?');
  }

  stageChange(base: Base, bytes: Uint8Array, nowMs: number): string {
    return this.#stage('change', base, bytes, nowMs);
  }

  stageRemoval(base: Base, nowMs: number): string {
    return this.#stage('remove', base, null, nowMs);
  }

  /** @param ino an inode with its content, without a name */
  stageAddition(place: Place, ino: number, nowMs: number): string {
    return this.#stage('add', { ...place, ino, version: null, seq: null }, null, nowMs);
  }

  #stage(
    op: string,
    base: Omit<Base, 'version'> & { readonly version: number | null },
    bytes: Uint8Array | null,
    nowMs: number,
  ): string {
    const token = randomUUID();
    const { parent, name, ino, version, seq, reason = null } = base;
    this.#insert.run(token, op, parent, name, ino, version, seq, bytes, nowMs, reason);
    return token;
  }

  byToken(token: string): StagedRow | undefined {
    return this.#byToken.get(token);
  }

  changeOf(ino: number, size: number, nowMs: number): StagedRow | undefined {
    return this.#changeOf.get(ino, size, nowMs - VOID_LIFE_MS);
  }

  removalOf({ parent, name }: Place, nowMs: number): StagedRow | undefined {
    return this.#removalOf.get(parent, name, nowMs - VOID_LIFE_MS);
  }

  /** By number, because a mount may show the directory elsewhere and under another name than the tree has it. */
  removalOfDirectory(ino: number, nowMs: number): StagedRow | undefined {
    return this.#removalOfDirectory.get(ino, nowMs - VOID_LIFE_MS);
  }

  hasAdditionOf({ parent, name }: Place): boolean {
    return this.#additionOf.get(parent, name) === 1;
  }

  done(token: string, result: number | null, nowMs: number): void {
    this.#finish.run('done', result, nowMs, token);
  }

  void(token: string, nowMs: number): void {
    this.#finish.run('void', null, nowMs, token);
  }

  delete(token: string): void {
    this.#delete.run(token);
  }
}
