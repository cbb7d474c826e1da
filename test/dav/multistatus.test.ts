import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { found, multistatus, multistatusText, refused, syncToken } from '../support/mock-dav.ts';
import { ask, displayname, as207 } from '../support/dav-client.ts';

describe('text from a multistatus', () => {
  const exact: readonly (readonly [title: string, xml: string, want: string | undefined])[] = [
    ['a number', '2024', '2024'],
    ['a number with a zero at the end', '1.50', '1.50'],
    ['a number with an exponent', '1e3', '1e3'],
    ['a number too large for a number', '9007199254740993', '9007199254740993'],
    ['leading zeros', '007', '007'],
    ['a boolean', 'True', 'True'],
    ['entities', 'a &amp; b &lt;c&gt;', 'a & b <c>'],
    ['an escaped entity', '&amp;amp;', '&amp;'],
    ['CDATA', '<![CDATA[a & <b>]]>', 'a & <b>'],
    ['CDATA in pieces', '<![CDATA[a]]]]><![CDATA[>b]]>', 'a]]>b'],
    ['CDATA between text', 'a<![CDATA[b]]>c', 'abc'],
    ['text with a comment in it', 'a<!-- x -->b', 'ab'],
    ['what looks like our own numbering', '@0', '@0'],
    ['white space around it', '\n  Work \n', 'Work'],
    ['nothing', '', undefined],
    ['white space alone', ' \n ', undefined],
  ];
  for (const [title, xml, want] of exact)
    it(`is what the server wrote: ${title}`, async () => assert.equal(await displayname(xml), want));

  it('keeps an item to the last byte', async () => {
    const text = '  BEGIN:VCALENDAR\r\nX:1.50\r\n  y \r\nEND:VCALENDAR\r\n\r\n';
    const xml = text.replaceAll('\r', '&#13;');
    const { entries } = await ask(multistatus(found('/x/1', `<c:calendar-data>${xml}</c:calendar-data>`)));
    assert.equal(entries[0]?.prop.child('calendar-data')?.leaf()?.text, text);
  });

  it('is read in the encoding that the server names', async () => {
    const latin1 = Buffer.from(
      multistatusText(found('/x/', '<d:displayname>Büro</d:displayname>')).replace('utf-8', 'iso-8859-1'),
      'latin1',
    );
    for (const type of ['application/xml; charset=ISO-8859-1', 'application/xml']) {
      const { entries } = await ask(as207(latin1, type));
      assert.equal(entries[0]?.prop.child('displayname')?.text(), 'Büro');
    }
  });

  it('is not taken from a property of the same name in another namespace', async () => {
    const { entries } = await ask(
      multistatus(
        found('/x/', '<x:getctag xmlns:x="urn:x">foreign</x:getctag><cs:getctag>ours</cs:getctag>'),
      ),
    );
    assert.deepEqual(
      entries[0]?.prop.all('getctag').map((one) => one.text()),
      ['ours'],
    );
  });
});

describe('a multistatus', () => {
  it('is read whatever prefixes it has', async () => {
    const xml =
      '<multistatus xmlns="DAV:"><response><href>/x/</href><propstat><prop><displayname>n</displayname></prop>' +
      '<status>HTTP/1.1 200 OK</status></propstat></response></multistatus>';
    for (const text of [xml, xml.replaceAll(/<(\/?)(\w)/g, '<$1ns0:$2').replace('xmlns', 'xmlns:ns0')]) {
      const { entries } = await ask(as207(text));
      assert.equal(entries[0]?.prop.child('displayname')?.text(), 'n');
    }
  });

  it('may be empty', async () => {
    assert.deepEqual((await ask(multistatus())).entries, []);
    assert.deepEqual((await ask(as207('<multistatus xmlns="DAV:"/>'))).entries, []);
  });

  it('keeps good and failed properties apart', async () => {
    const two = found('/x/', '<d:displayname>n</d:displayname>').replace(
      '</d:response>',
      '<d:propstat><d:prop><d:getetag/></d:prop><d:status>HTTP/1.1 403 Forbidden</d:status></d:propstat></d:response>',
    );
    const { entries } = await ask(multistatus(two));
    assert.equal(entries[0]?.prop.has('getetag'), false);
    assert.deepEqual([...(entries[0]?.failed ?? [])], [['getetag', 403]]);
  });

  it('tells the status of each entry, with its conditions', async () => {
    const { entries } = await ask(
      multistatus(
        refused(
          '/x/1',
          403,
          '<d:error><c:valid-calendar-data/></d:error><d:responsedescription>bad</d:responsedescription>',
        ),
      ),
    );
    assert.equal(entries[0]?.status, 403);
    assert.deepEqual(entries[0].conditions, ['valid-calendar-data']);
    assert.equal(entries[0].description, 'bad');
  });

  it('may name several resources with one status', async () => {
    const { entries } = await ask(
      multistatus(
        '<d:response><d:href>/x/1</d:href><d:href>/x/2</d:href><d:status>HTTP/1.1 404 X</d:status></d:response>',
      ),
    );
    assert.deepEqual(
      entries.map(({ href, status }) => [href, status]),
      [
        ['/x/1', 404],
        ['/x/2', 404],
      ],
    );
  });

  it('of a thousand entries comes whole, with what stands at its end', async () => {
    const many = Array.from({ length: 1000 }, (_, n) => found(`/x/${n}`, `<d:getetag>"${n}"</d:getetag>`));
    const reply = await ask(multistatus(...many, syncToken('42')));
    assert.deepEqual(
      reply.entries.map(({ href, prop }) => `${href} ${prop.child('getetag')?.text() ?? ''}`),
      Array.from({ length: 1000 }, (_, n) => `/x/${n} "${n}"`),
    );
    assert.equal(reply.syncToken, '42');
  });

  it('is read without a content type, and with a wrong one', async () => {
    for (const type of ['', 'text/plain', 'text/html']) {
      const { entries } = await ask(as207(multistatusText(found('/x/', '')), type));
      assert.equal(entries.length, 1);
    }
  });
});
