import { hash } from 'node:crypto';
import { type ItemKind, parseItem } from '../core/item.ts';
import type { UpdateReason } from '../core/storage.ts';
import type { ContentClass } from './content.ts';
import type { Database } from './database.ts';

/** What took the place of a text: a person's edit or deletion, or what came from the other side. */
export type Why = 'edited-here' | 'deleted-here' | 'changed-there' | 'deleted-there' | UpdateReason;

/** The text of an item's file, before it is replaced. */
export interface Former {
  readonly collection: number;
  readonly name: string;
  readonly ino: number;
  readonly kind: ItemKind;
  readonly content: ContentClass;
  readonly ident: string | null;
  readonly hash: string | null;
  /** 1: a user wrote it. */
  readonly edited: number;
}

interface Replacement {
  readonly why: Why;
  readonly atMs: number;
}

interface Recent {
  readonly number: number;
  readonly size: number;
  readonly replacedAt: number;
}

/** What a version takes beside its text, about. */
export const VERSION_BYTES = 256;
/** So long an editor may take from moving a file away, or cutting it, to having the new text in its place. */
const MOMENT_MS = 10_000;

/**
 * The texts that items no longer show, so that each can be brought back. Written in the transaction of the change itself. Only what
 * somebody meant is kept: neither empty nor half-written files are, and an editor's dance is one replacement. No transactions here.
 */
export class History {
  readonly #body;
  readonly #maxBytes;
  readonly #sameText;
  readonly #insertText;
  readonly #useText;
  readonly #count;
  readonly #insert;
  readonly #byNumber;
  readonly #sameOfFile;
  readonly #isFollowed;
  readonly #setWhy;
  readonly #drop;

  constructor(db: Database) {
    this.#body = db.prepare<[number], Buffer>('SELECT bytes FROM body WHERE ino = ?').pluck();
    this.#maxBytes = db
      .prepare<[], number>('SELECT history_max_bytes FROM counter WHERE history_keep_ms > 0')
      .pluck();
    // The digest finds it; whether it is the same the bytes say.
    const same = 'FROM version JOIN version_text ON version_text.id = text WHERE digest = ? AND bytes = ?';
    this.#sameText = db.prepare<[number, Uint8Array], number>(`SELECT text ${same} LIMIT 1`).pluck();
    this.#insertText = db.prepare<[Buffer]>('INSERT INTO version_text (uses, bytes) VALUES (1, ?)');
    this.#useText = db.prepare<[number]>('UPDATE version_text SET uses = uses + 1 WHERE id = ?');
    this.#count = db
      .prepare<[number], number>(
        'UPDATE counter SET versions = versions + 1, history_bytes = history_bytes + ? RETURNING versions',
      )
      .pluck();
    this.#insert = db.prepare<[number, number, string, string, number, number, number, number, Why]>(
      'INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    const recent = 'SELECT number, size, replaced_at AS replacedAt';
    this.#byNumber = db.prepare<[number], Recent>(`${recent} FROM version WHERE number = ?`);
    this.#sameOfFile = db.prepare<[number, Uint8Array, number, string], Recent>(
      `${recent} ${same} AND collection = ? AND name = ? ORDER BY number DESC LIMIT 1`,
    );
    // A look at the versions of a moment, for their numbers are in order.
    this.#isFollowed = db
      .prepare<[number, number, string], number>(
        'SELECT 1 FROM version WHERE number > ? AND collection = ? AND name = ? LIMIT 1',
      )
      .pluck();
    this.#setWhy = db.prepare<[Why, number]>('UPDATE version SET why = ? WHERE number = ?');
    this.#drop = dropVersion(db);
  }

  /** The text of an item is about to be replaced by `bytes`. */
  rewriting(former: Former, bytes: Uint8Array, replacement: Replacement): void {
    // What is not kept may be half of a dance, whose first half was taken for all of it.
    if (this.#keep(former, replacement) === undefined) this.#shown(former, bytes, replacement.atMs);
  }

  /** An item is about to lose its name, and with it its text. @returns the version that is left of it */
  removing(former: Former, replacement: Replacement): number | undefined {
    return this.#keep(former, replacement);
  }

  /**
   * A name that an item had is an item's again. Within a moment, what looked like a deletion was an edit.
   * @param version what was left of the former item
   */
  named(
    file: Pick<Former, 'collection' | 'name' | 'ino'>,
    version: number | null,
    { why, atMs }: Replacement,
  ): void {
    const left = version === null ? undefined : this.#byNumber.get(version);
    if (!left || !isMomentAgo(left, atMs)) return;
    this.#setWhy.run(why, left.number);
    const bytes = this.#body.get(file.ino);
    if (bytes?.length === left.size) this.#shown(file, bytes, atMs);
  }

  #keep(former: Former, { why, atMs }: Replacement): number | undefined {
    const maxBytes = isMeant(former) ? this.#maxBytes.get() : undefined;
    const bytes = maxBytes === undefined ? undefined : this.#body.get(former.ino);
    // One text that is too large would drive out all others.
    if (maxBytes === undefined || !bytes || bytes.length + VERSION_BYTES > maxBytes) return undefined;
    const ident = identOf(former, bytes);
    if (ident === undefined) return undefined;
    const digest = digestOf(bytes);
    const known = this.#sameText.get(digest, bytes);
    const text = known ?? Number(this.#insertText.run(bytes).lastInsertRowid);
    if (known !== undefined) this.#useText.run(known);
    const number = this.#count.get(VERSION_BYTES + (known === undefined ? bytes.length : 0));
    if (number === undefined) throw new Error('the change counter has no row');
    const { collection, name } = former;
    this.#insert.run(number, collection, name, ident, digest, bytes.length, text, atMs, why);
    return number;
  }

  /** What is shown again after a moment, with nothing in between, was not replaced by anything. */
  #shown({ collection, name }: Pick<Former, 'collection' | 'name'>, bytes: Uint8Array, atMs: number): void {
    const same = this.#sameOfFile.get(digestOf(bytes), bytes, collection, name);
    if (!same || !isMomentAgo(same, atMs)) return;
    if (this.#isFollowed.get(same.number, collection, name) === undefined) this.#drop(same.number);
  }
}

const isMomentAgo = ({ replacedAt }: Recent, nowMs: number): boolean =>
  Math.abs(nowMs - replacedAt) <= MOMENT_MS;

/** Takes versions away, and their texts where no other version has them. No transactions here. */
export function dropVersion(db: Database): (number: number) => void {
  const remove = db.prepare<[number], { readonly text: number; readonly size: number }>(
    'DELETE FROM version WHERE number = ? RETURNING text, size',
  );
  const release = db
    .prepare<[number], number>('UPDATE version_text SET uses = uses - 1 WHERE id = ? RETURNING uses')
    .pluck();
  const removeText = db.prepare<[number]>('DELETE FROM version_text WHERE id = ?');
  const uncount = db.prepare<[number]>('UPDATE counter SET history_bytes = history_bytes - ?');
  return (number) => {
    const row = remove.get(number);
    if (!row) return;
    const isLast = release.get(row.text) === 0;
    if (isLast) removeText.run(row.text);
    uncount.run(VERSION_BYTES + (isLast ? row.size : 0));
  };
}

/** Half-written files are only ever a user's: what comes from the other side is put in its place in one step. */
const isMeant = ({ content, edited }: Former): boolean =>
  content === 'whole' || content === 'not-utf8' || (content === 'incomplete' && edited === 0);

/** @returns undefined for what cannot be told from noise */
function identOf({ kind, content, ident, hash }: Former, bytes: Buffer): string | undefined {
  if (content !== 'not-utf8') return ident ?? `#${hash ?? ''}`;
  const item = parseItem(kind, bytes.toString('latin1'));
  return item.whole ? item.ident : undefined;
}

/** 48 bits, which a number holds exactly. */
const digestOf = (bytes: Uint8Array): number => hash('sha256', bytes, 'buffer').readUIntBE(0, 6);
