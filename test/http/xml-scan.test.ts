import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { scanXml, XmlFault } from '../../src/http/xml-scan.ts';

/** Elements as `{namespace}local=text`, in the order in which they end. */
function scan(xml: string | Buffer): string[] {
  const out: string[] = [];
  scanXml(Buffer.from(xml), {
    open() {},
    close({ namespace, local }, _depth, text) {
      out.push(
        `{${namespace}}${local}${text === undefined ? '' : `=${text.text}`}${text?.damaged ? ' (damaged)' : ''}`,
      );
    },
  });
  return out;
}

const readable: readonly (readonly [title: string, xml: string, want: readonly string[]])[] = [
  ['an empty element', '<a/>', ['{}a']],
  [
    'a declaration, white space and comments around the root',
    '<?xml version="1.0"?>\n<!-- x --><a> </a>\n',
    ['{}a= '],
  ],
  ['a byte order mark', '\uFEFF<a/>', ['{}a']],
  ['prefixes', '<d:a xmlns:d="DAV:"><d:b/></d:a>', ['{DAV:}b', '{DAV:}a']],
  ['a default namespace', '<a xmlns="DAV:"><b/></a>', ['{DAV:}b', '{DAV:}a']],
  ['a namespace in single quotes', "<a xmlns='DAV:'/>", ['{DAV:}a']],
  ['a namespace that ends with its element', '<a><b xmlns="DAV:"/><b/></a>', ['{DAV:}b', '{}b', '{}a']],
  [
    'one prefix with two meanings',
    '<x:a xmlns:x="1"><x:b xmlns:x="2"/><x:b/></x:a>',
    ['{2}b', '{1}b', '{1}a'],
  ],
  ['text exactly as it is', '<a> x\r\ny </a>', ['{}a= x\r\ny ']],
  ['the five entities', '<a>&lt;&gt;&amp;&quot;&apos;</a>', ['{}a=<>&"\'']],
  ['numeric references', '<a>&#13;&#xE4;&#x1F600;</a>', ['{}a=\rä😀']],
  [
    'what only looks like a reference',
    '<a>&nbsp; & &#x110000; &amp;lt;</a>',
    ['{}a=&nbsp; & &#x110000; &lt;'],
  ],
  ['CDATA', '<a><![CDATA[<b>&amp;]]></a>', ['{}a=<b>&amp;']],
  ['CDATA in pieces with text around', '<a>1<![CDATA[]]]]><![CDATA[>]]>2</a>', ['{}a=1]]>2']],
  ['text around a comment', '<a>1<!-- > -->2</a>', ['{}a=12']],
  ['no text where there are elements too', '<a>1<b/>2</a>', ['{}b', '{}a']],
  ['control characters, which XML forbids', '<a>\u0001x\u001B\u0008</a>', ['{}a=\u0001x\u001B\u0008']],
  ['a > inside of an attribute', '<a b="x>y" c=\'"\'>1</a>', ['{}a=1']],
  ['white space in an end tag', '<a>1</a >', ['{}a=1']],
];

const unreadable: readonly (readonly [title: string, xml: string, reason: RegExp])[] = [
  ['nothing', '', /no element/],
  ['no markup', 'hello', /outside/],
  ['a document that ends inside an element', '<a><b>1</b>', /cut short/],
  ['a document that ends inside a tag', '<a><b', /cut short/],
  ['a document that ends inside an attribute', '<a b="1', /cut short/],
  ['a document that ends inside CDATA', '<a><![CDATA[x', /cut short/],
  ['a document that ends inside a comment', '<a><!-- x', /cut short/],
  ['a tag that begins inside of a tag', '<a <b></b></a>', /cut short/],
  ['end tags in the wrong order', '<a><b></a></b>', /closes nothing/],
  ['an end tag too many', '<a/></a>', /closes nothing/],
  ['two roots', '<a/><b/>', /more than one root/],
  ['text behind the root', '<a/>x', /outside/],
  ['CDATA behind the root', '<a/><![CDATA[x]]>', /outside/],
  ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', /document type/],
  ['a tag without a name', '<a>< b/></a>', /without a name/],
  ['an endless tag', `<a b="${'>'.repeat(100_000)}"/>`, /tag of more than/],
  ['a thousand levels', '<a>'.repeat(1000) + '</a>'.repeat(1000), /deeper than 64/],
];

describe('scanXml', () => {
  for (const [title, xml, want] of readable) it(`reads ${title}`, () => assert.deepEqual(scan(xml), want));

  for (const [title, xml, reason] of unreadable) {
    it(`refuses ${title}`, () => {
      assert.throws(
        () => scan(xml),
        (error) => error instanceof XmlFault && reason.test(error.message),
      );
    });
  }

  it('carries each control character', () => {
    for (let code = 0; code < 0x20; code += 1) {
      const character = String.fromCharCode(code);
      assert.deepEqual(scan(`<a>x${character}y</a>`), [`{}a=x${character}y`], `U+${code.toString(16)}`);
    }
  });

  it('says which text was not UTF-8, and which merely has U+FFFD', () => {
    const latin1 = Buffer.concat([
      Buffer.from('<r><a>'),
      Buffer.from([0x4d, 0xfc, 0x6c]),
      Buffer.from('</a><a>\uFFFD</a></r>'),
    ]);
    assert.deepEqual(scan(latin1), ['{}a=M\uFFFDl (damaged)', '{}a=\uFFFD', '{}r']);
  });

  it('brings every text through that was written with references or as CDATA', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.boolean(), (text, asCdata) => {
        const inner = asCdata
          ? `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
          : text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
        assert.deepEqual(scan(`<a>${inner}</a>`), [inner === '' ? '{}a' : `{}a=${text}`]);
      }),
    );
  });

  it('never takes a document that was cut for a whole one', () => {
    const whole =
      '<?xml version="1.0"?><d:m xmlns:d="DAV:"><d:r a="1">x<!-- c --></d:r><d:r><![CDATA[y]]></d:r></d:m>';
    for (let length = 0; length < whole.length; length += 1)
      assert.throws(() => scan(whole.slice(0, length)), XmlFault, `cut after ${length}`);
  });
});
