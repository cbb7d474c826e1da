import type { CollectionInfo, Storage } from '../../src/core/storage.ts';
import { createDavStorage, type DavStorageOptions } from '../../src/dav/storage.ts';
import { davOptions } from './dav-options.ts';
import { FakeTiming, found, MockDav, multistatus } from './mock-dav.ts';

export const CALENDAR = '<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>';
export const BOOK = '<d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>';
export const FOLDER = '<d:resourcetype><d:collection/></d:resourcetype>';
export const principal = (href: string): string =>
  `<d:current-user-principal><d:href>${href}</d:href></d:current-user-principal>`;
export const homes = (...hrefs: readonly string[]): string =>
  `<c:calendar-home-set>${hrefs.map((href) => `<d:href>${href}</d:href>`).join('')}</c:calendar-home-set>`;

/** A CalDAV storage that starts from `url` and talks to the mock. */
export function storageAt(url: string, mock: MockDav, fields: Partial<DavStorageOptions> = {}): Storage {
  const options = {
    transport: mock.transport,
    timing: new FakeTiming(),
    username: 'alice',
    password: () => Promise.resolve('x'),
  };
  return createDavStorage(davOptions('calendar', new URL(url), { ...options, ...fields }));
}

/** A server as most are: root names the principal, the principal the home, the home has one calendar. */
export const usual = (): MockDav =>
  new MockDav()
    .on('PROPFIND /', multistatus(found('/', principal('/principals/alice/'))))
    .on('PROPFIND /principals/alice/', multistatus(found('/principals/alice/', homes('/alice/'))))
    .on('PROPFIND /alice/', multistatus(found('/alice/', FOLDER), found('/alice/work/', CALENDAR)));

export const ids = (infos: readonly CollectionInfo[]): string[] => infos.map(({ id }) => id);
