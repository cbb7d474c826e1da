import type { PimsyncError } from '../../src/core/errors.ts';
import { WORK } from './dav-collection.ts';
import { itemOf } from './items.ts';
import { type Behaviour, found, multistatus, status } from './mock-dav.ts';

export const ITEM = itemOf('calendar', 'uid-1', 'tea');
export const ONE = `${WORK}one.ics`;
/** Serves an item. */
export const text =
  (body: string, tag = '"2"'): Behaviour =>
  () =>
    new Response(body, { headers: { etag: tag } });
/** Refuses with the name of a precondition. */
export const condition = (name: string): Behaviour =>
  status(
    403,
    { 'content-type': 'application/xml' },
    `<d:error xmlns:d="DAV:"><c:${name} xmlns:c="urn:x"/></d:error>`,
  );
/** The collection, when it is asked whether it is there. */
export const there: Behaviour = multistatus(found(WORK, '<d:resourcetype/>'));
export type Class = abstract new (...args: never[]) => PimsyncError;
