import type { Collections } from './collections.ts';
import type { EngineWrites } from './engine-writes.ts';
import { FileError, type Inode, STAGED_PREFIX } from './file-tree.ts';
import type { InodeRows, Place } from './inode-rows.ts';
import type { Rows } from './rows.ts';
import type { StagedRow, Staging } from './staging.ts';

/** `none`: nothing was staged for this operation, so it is a user's. */
export type Outcome = 'none' | 'applied' | 'refused' | 'exists';

/**
 * Lets what the engine has staged take effect, when the engine's own file operation arrives from the kernel. A refusal is an outcome
 * and not a throw, because its note has to be committed. No transactions here.
 */
export class TreePublish {
  readonly #inodes: InodeRows;
  readonly #collections: Collections;
  readonly #writes: EngineWrites;
  readonly #staging: Staging;

  constructor({
    inodes,
    collections,
    writes,
    staging,
  }: Pick<Rows, 'inodes' | 'collections' | 'writes' | 'staging'>) {
    this.#inodes = inodes;
    this.#collections = collections;
    this.#writes = writes;
    this.#staging = staging;
  }

  change(ino: number, size: number, at: { readonly busy: boolean; readonly nowMs: number }): Outcome {
    const row = this.#staging.changeOf(ino, size, at.nowMs);
    if (!row) return 'none';
    if (row.bytes === null || at.busy || !this.#mayApply(row)) return this.#refuse(row, at.nowMs);
    const result = this.#writes.change({ ...row, version: row.version ?? 0 }, row.bytes, at.nowMs);
    this.#staging.done(row.token, result, at.nowMs);
    return 'applied';
  }

  removal(place: Place, at: { readonly busy: boolean; readonly nowMs: number }): Outcome {
    const row = this.#staging.removalOf(place, at.nowMs);
    if (!row) return 'none';
    if (at.busy || !this.#mayApply(row)) return this.#refuse(row, at.nowMs);
    this.#writes.remove(place, at.nowMs);
    this.#staging.done(row.token, null, at.nowMs);
    return 'applied';
  }

  directoryRemoval(collection: number, nowMs: number): Outcome {
    const row = this.#staging.removalOfDirectory(collection, nowMs);
    if (!row) return 'none';
    if (!this.#mayApply(row) || this.#collections.usersNamesIn(collection).length > 0)
      return this.#refuse(row, nowMs);
    this.#collections.removeDirectory(row.parent, row.name, nowMs);
    this.#staging.done(row.token, null, nowMs);
    return 'applied';
  }

  stagedInode(parent: number, name: string): Inode | undefined {
    const row = this.#addition(parent, name);
    const inode = row && this.#inodes.inode(row.ino);
    return inode && { ...inode, links: 1 };
  }

  addition(
    parent: number,
    stagedName: string,
    at: { readonly name: string; readonly nowMs: number },
  ): Outcome {
    const row = this.#addition(parent, stagedName);
    if (!row || row.name !== at.name) return 'none';
    const place = { parent, name: at.name };
    if (this.#inodes.target(parent, at.name) || this.#writes.isDuplicate(place, row.ino)) {
      this.#staging.void(row.token, at.nowMs);
      return 'exists';
    }
    this.#staging.done(row.token, this.#writes.add(place, row.ino, at.nowMs), at.nowMs);
    this.#inodes.touch(parent, at.nowMs);
    return 'applied';
  }

  /** Whether a new file of the engine's is about to get that name. */
  isNameAwaited(place: Place): boolean {
    return this.#staging.hasAdditionOf(place);
  }

  #addition(parent: number, stagedName: string): StagedRow | undefined {
    if (!stagedName.startsWith(STAGED_PREFIX)) return undefined;
    const row = this.#staging.byToken(stagedName.slice(STAGED_PREFIX.length));
    return row?.parent === parent && row.state === 'live' && row.version === null ? row : undefined;
  }

  #mayApply(row: StagedRow): boolean {
    return (
      row.state === 'live' && row.version !== null && this.#writes.isCurrent({ ...row, version: row.version })
    );
  }

  #refuse(row: StagedRow, nowMs: number): Outcome {
    this.#staging.void(row.token, nowMs);
    return 'refused';
  }
}

/** @throws FileError for an outcome that the engine has to hear of */
export function assertNotRefused(outcome: Outcome, name: string): void {
  if (outcome === 'refused') throw new FileError('ESTALE', `${name} was edited since this change was staged`);
  if (outcome === 'exists') throw new FileError('EEXIST', `${name} was taken since it was staged`);
}
