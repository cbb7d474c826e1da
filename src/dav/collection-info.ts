import { collectionId, type CollectionInfo, type CollectionProperties, href } from '../core/storage.ts';
import { decodeSegment, lastSegment } from './href-path.ts';
import type { XmlContent } from './client.ts';
import { type Dialect, property } from './dialect.ts';
import type { Element, Entry } from './multistatus.ts';

/** What we ask of every collection: one request brings all that a quiet run needs. */
export const collectionProps = ({ names }: Dialect): XmlContent => ({
  'd:resourcetype': {},
  'd:displayname': {},
  'd:current-user-privilege-set': {},
  'd:sync-token': {},
  'cs:getctag': {},
  'c:supported-calendar-component-set': {},
  ...property(names.description),
  ...property(names.color),
  ...(names.order === undefined ? {} : property(names.order)),
});

const SYNCED_COMPONENTS: ReadonlySet<string> = new Set(['VEVENT', 'VTODO', 'VJOURNAL']);
/** Any of them lets us do something. */
const WRITE_PRIVILEGES: ReadonlySet<string> = new Set(['all', 'write', 'write-content', 'bind']);

/** Whether the entry is a collection that we sync: not an inbox, not a calendar for availabilities alone. */
export function isWanted(dialect: Dialect, { prop }: Entry): boolean {
  const type = prop.child('resourcetype');
  if (!type?.has(dialect.collectionType.read)) return false;
  if (type.has('schedule-inbox') || type.has('schedule-outbox')) return false;
  const components = (prop.child('supported-calendar-component-set')?.all('comp') ?? [])
    .map((comp) => comp.attribute('name')?.toUpperCase())
    .filter((name) => name !== undefined);
  // None named: the server takes all (RFC 4791, 5.2.3).
  return components.length === 0 || components.some((name) => SYNCED_COMPONENTS.has(name));
}

/** @param path canonical, with a slash at the end */
export function toInfo(dialect: Dialect, path: string, { prop }: Entry, readOnly: boolean): CollectionInfo {
  // Whichever the server keeps for "something changed"; the ctag comes first because Radicale's token is dearer.
  const state = prop.child('getctag')?.text() ?? prop.child('sync-token')?.text();
  return {
    id: collectionId(decodeSegment(lastSegment(path))),
    href: href(path),
    kind: dialect.kind,
    readOnly: readOnly || !isWritable(prop),
    properties: readProperties(path, prop),
    ...(state === undefined ? {} : { state }),
  };
}

/**
 * Two homes may have a collection of the same name. The first by path keeps it, the others get their parent's name behind it,
 * so that an id does not depend on the order of an answer.
 */
export function withUniqueIds(infos: readonly CollectionInfo[]): CollectionInfo[] {
  const taken = new Set<string>();
  const named: CollectionInfo[] = [];
  for (const info of infos.toSorted((one, other) => (one.href < other.href ? -1 : 1))) {
    const id = freeId(info, taken);
    taken.add(id);
    named.push(id === info.id ? info : { ...info, id: collectionId(id) });
  }
  return named;
}

function freeId({ id, href }: CollectionInfo, taken: ReadonlySet<string>): string {
  if (!taken.has(id)) return id;
  const withParent = `${id}-${decodeSegment(lastSegment(href.replace(/[^/]*\/$/, '')))}`;
  let wish = withParent;
  for (let number = 2; taken.has(wish); number += 1) wish = `${withParent}-${number}`;
  return wish;
}

/** Servers without access control do not tell; then only trying shows. */
function isWritable(prop: Element): boolean {
  const set = prop.child('current-user-privilege-set');
  if (!set) return true;
  return set
    .all('privilege')
    .some((privilege) => privilege.children().some(({ name }) => WRITE_PRIVILEGES.has(name)));
}

function readProperties(path: string, prop: Element): CollectionProperties {
  const displayname = nameIn(path, prop.child('displayname')?.text());
  const description = (prop.child('calendar-description') ?? prop.child('addressbook-description'))?.text();
  const color = toColor((prop.child('calendar-color') ?? prop.child('addressbook-color'))?.text());
  const order = prop.child('calendar-order')?.text();
  return {
    ...(displayname === undefined ? {} : { displayname }),
    ...(color === undefined ? {} : { color }),
    ...(description === undefined ? {} : { description }),
    ...(order !== undefined && /^-?\d+(\.\d+)?$/.test(order) ? { order } : {}),
  };
}

/** Radicale 3.1.8 shows the path of a collection that has no name (docs/facts.md, D23). */
const nameIn = (path: string, text: string | undefined): string | undefined =>
  text?.includes('/') === true && decodeSegment(path).endsWith(`/${text}/`) ? undefined : text;

/** Apple's clients append an opacity, some others leave out the `#`. */
function toColor(text: string | undefined): string | undefined {
  const digits = /^#?([\da-f]{6})(?:[\da-f]{2})?$/i.exec(text ?? '')?.[1];
  return digits === undefined ? undefined : `#${digits}`;
}
