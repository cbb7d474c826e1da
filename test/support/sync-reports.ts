import assert from 'node:assert/strict';
import type { Changes } from '../../src/core/storage.ts';
import { toToken } from '../../src/dav/position.ts';
import { WORK } from './dav-collection.ts';
import { type Behaviour, found, getetag, MockDav, status } from './mock-dav.ts';

export const SYNC_7 = toToken({ by: 'sync', value: '7' });

/** Answers REPORTs by their kind and token. */
export function reports(answers: {
  readonly from?: Readonly<Record<string, Behaviour>>;
  readonly query?: Behaviour;
}): MockDav {
  return new MockDav().on(`REPORT ${WORK}`, (request) => {
    const { body = '', headers } = request;
    if (body.includes('calendar-query')) {
      assert.equal(headers['depth'], '1');
      return (answers.query ?? status(501))(request);
    }
    assert.equal(headers['depth'], '0', 'sync-collection is asked with Depth 0 (RFC 6578, 3.2)');
    const token = /<d:sync-token>([^<]*)</.exec(body)?.[1] ?? '';
    return (answers.from?.[token] ?? status(501))(request);
  });
}

export const item = (name: string, tag = '"1"'): string => found(WORK + name, getetag(tag));

/** An answer without the long paths. */
export const inWords = ({ complete, changed, removed, unclear, token }: Changes): object => ({
  complete,
  changed: changed.map(({ href, etag }) => `${href.replace(WORK, '')} ${etag}`),
  removed: removed.map((href) => href.replace(WORK, '')),
  unclear: unclear.map(({ href, reason, weight }) => `${href.replace(WORK, '')}: ${weight}: ${reason}`),
  token,
});
