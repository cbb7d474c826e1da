import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CollectionInfo } from '../../src/core/storage.ts';
import { createDavStorage } from '../../src/dav/storage.ts';
import { davOptions } from '../support/dav-options.ts';
import { found, MockDav, multistatus, refused } from '../support/mock-dav.ts';
import { CALENDAR, BOOK, FOLDER, storageAt, usual, ids } from '../support/mock-account.ts';

describe('the collections of a home', () => {
  const listing = async (...responses: readonly string[]): Promise<readonly CollectionInfo[]> =>
    storageAt(
      'https://dav.test/',
      usual().on('PROPFIND /alice/', multistatus(found('/alice/', FOLDER), ...responses)),
    ).discover();

  it('come with all that the server tells of them', async () => {
    const [info] = await listing(
      found(
        '/alice/w%c3%b6rk/',
        `${CALENDAR}<d:displayname><![CDATA[2024]]></d:displayname><a:calendar-color>#11AA7fFF</a:calendar-color>` +
          '<c:calendar-description>1.50</c:calendar-description><a:calendar-order>3</a:calendar-order>' +
          '<cs:getctag>42</cs:getctag><d:sync-token>t</d:sync-token>',
      ),
    );
    assert.deepEqual(info, {
      id: 'wörk',
      href: '/alice/w%C3%B6rk/',
      kind: 'calendar',
      readOnly: false,
      properties: { displayname: '2024', color: '#11AA7f', description: '1.50', order: '3' },
      state: '42',
    });
  });

  it('have no properties but those that make sense', async () => {
    const [info] = await listing(
      found(
        '/alice/x/',
        `${CALENDAR}<d:displayname/><a:calendar-color>red</a:calendar-color><a:calendar-order>first</a:calendar-order>`,
      ),
    );
    assert.deepEqual(info?.properties, {});
    assert.equal('state' in info, false);
  });

  const names: readonly (readonly [shown: string, name: string | undefined])[] = [
    ['alice/x y', undefined],
    ['x y', 'x y'],
    ['work/x y', 'work/x y'],
    ['/', '/'],
  ];
  for (const [shown, name] of names)
    it(`are called ${name ?? 'nothing'} when the server says ${shown} (Radicale 3.1.8 shows the path of a nameless one)`, async () => {
      const [info] = await listing(
        found('/alice/x%20y/', `${CALENDAR}<d:displayname>${shown}</d:displayname>`),
      );
      assert.equal(info?.properties.displayname, name);
    });

  it('have the sync token for their state where there is no ctag', async () => {
    const [info] = await listing(found('/alice/x/', `${CALENDAR}<d:sync-token>9</d:sync-token>`));
    assert.equal(info?.state, '9');
  });

  const privileges = (...names: readonly string[]): string =>
    `<d:current-user-privilege-set>${names.map((name) => `<d:privilege><d:${name}/></d:privilege>`).join('')}</d:current-user-privilege-set>`;
  const rights: readonly (readonly [title: string, xml: string, readOnly: boolean])[] = [
    ['nothing said', '', false],
    ['read alone', privileges('read', 'read-current-user-privilege-set'), true],
    ['no privilege', privileges(), true],
    ['all', privileges('all'), false],
    ['write', privileges('read', 'write'), false],
    ['write-content alone', privileges('write-content'), false],
    ['bind alone', privileges('bind'), false],
    ['write-properties alone', privileges('write-properties'), true],
  ];
  for (const [title, xml, readOnly] of rights) {
    it(`${readOnly ? 'do not take' : 'take'} writes with ${title}`, async () => {
      const [info] = await listing(found('/alice/x/', CALENDAR + xml));
      assert.equal(info?.readOnly, readOnly);
    });
  }

  const components = (...names: readonly string[]): string =>
    `<c:supported-calendar-component-set>${names.map((name) => `<c:comp name="${name}"/>`).join('')}</c:supported-calendar-component-set>`;
  const kinds: readonly (readonly [title: string, xml: string, wanted: boolean])[] = [
    ['a calendar', CALENDAR, true],
    ['an address book', BOOK, false],
    ['a folder', FOLDER, false],
    ['no type', '', false],
    ['an inbox', '<d:resourcetype><d:collection/><c:calendar/><c:schedule-inbox/></d:resourcetype>', false],
    ['an outbox', '<d:resourcetype><d:collection/><c:schedule-outbox/></d:resourcetype>', false],
    ['a calendar of to-dos', CALENDAR + components('VTODO'), true],
    ['a calendar of journals, in lower case', CALENDAR + components('vjournal'), true],
    ['a calendar that names no component', CALENDAR + components(), true],
    ['a calendar of availabilities', CALENDAR + components('VAVAILABILITY', 'VPOLL'), false],
    [
      'a calendar of another namespace',
      '<d:resourcetype><d:collection/><x:calendar xmlns:x="urn:x"/></d:resourcetype>',
      false,
    ],
  ];
  for (const [title, xml, wanted] of kinds)
    it(`${wanted ? 'have' : 'do not have'} ${title} among them`, async () => {
      assert.equal((await listing(found('/alice/x/', xml))).length, wanted ? 1 : 0);
    });

  it('are listed once, and under their own path, whatever the server writes', async () => {
    const infos = await listing(
      found('https://dav.test/alice/a%40b', CALENDAR),
      found('/alice/a@b/', CALENDAR),
      found('http://inner:8080/alice/c/', CALENDAR),
      found('https://evil.test/mallory/', CALENDAR),
      found('/alice/../bob/', CALENDAR),
    );
    assert.deepEqual(
      infos.map(({ href }) => href),
      ['/alice/a%40b/', '/alice/c/'],
    );
  });

  it('leave out what is gone, but fail when one cannot be looked at', async () => {
    assert.deepEqual(ids(await listing(refused('/alice/gone/', 404), found('/alice/x/', CALENDAR))), ['x']);
    await assert.rejects(listing(refused('/alice/y/', 403), found('/alice/x/', CALENDAR)), /\/alice\/y\//);
    await assert.rejects(listing(found('/alice/y/', '<d:resourcetype/>', 500)), /\/alice\/y\//);
  });

  it('are read-only when the storage is', async () => {
    const mock = usual();
    const storage = storageAt('https://dav.test/', mock, { readOnly: true });
    assert.equal((await storage.discover())[0]?.readOnly, true);
  });

  it('are address books for CardDAV', async () => {
    const mock = new MockDav()
      .on(
        'PROPFIND /',
        multistatus(
          found('/', '<card:addressbook-home-set><d:href>/alice/</d:href></card:addressbook-home-set>'),
        ),
      )
      .on(
        'PROPFIND /alice/',
        multistatus(
          found('/alice/', FOLDER),
          found('/alice/work/', CALENDAR),
          found('/alice/friends/', `${BOOK}<card:addressbook-description>d</card:addressbook-description>`),
        ),
      );
    const options = davOptions('contact', new URL('https://dav.test/'), { transport: mock.transport });
    const [info, ...more] = await createDavStorage(options).discover();
    assert.equal(info?.id, 'friends');
    assert.equal(info.kind, 'contact');
    assert.deepEqual(info.properties, { description: 'd' });
    assert.deepEqual(more, []);
  });
});
