import assert from 'node:assert/strict';
import { HistoryRows } from '../../src/cache/history-rows.ts';
import { VERSION_BYTES } from '../../src/cache/history.ts';
import type { MountedCache } from './mounted-cache.ts';

const titleOf = (text: string): string => /SUMMARY:(.*?)\r/.exec(text)?.[1] ?? text;

/** `title: why`, the newest first. */
export function versionsIn(cache: MountedCache, name: string, directory: string): string[] {
  const rows = new HistoryRows(cache.db);
  return rows.ofFile({ storage: 'personal', directory, name }).map(({ number, why, size }) => {
    const text = rows.text(number);
    assert.equal(text?.length, size);
    return `${titleOf(text.toString())}: ${why}`;
  });
}

/** The counter of bytes has to be what there is, reckoned anew. */
export function assertCounted({ db }: MountedCache): void {
  const reckoned = `SELECT ifnull((SELECT sum(length(bytes)) FROM version_text), 0) + ? * (SELECT count(*) FROM version)`;
  const counted = db.prepare('SELECT history_bytes FROM counter').pluck().get();
  assert.equal(counted, db.prepare(reckoned).pluck().get(VERSION_BYTES));
}
