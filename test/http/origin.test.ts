import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { relationOf } from '../../src/http/origin.ts';

type Case = readonly [title: string, configured: string, other: string, want: ReturnType<typeof relationOf>];

const cases: readonly Case[] = [
  ['the same origin', 'https://dav.example.com/a', 'https://dav.example.com/b', 'same'],
  ['the usual port, written out', 'https://dav.example.com/', 'https://dav.example.com:443/', 'same'],
  ['the same host, now encrypted', 'http://dav.example.com/', 'https://dav.example.com/', 'same'],
  ['another port', 'https://dav.example.com/', 'https://dav.example.com:8443/', 'foreign'],
  ['another port on this machine', 'http://127.0.0.1:5232/', 'http://127.0.0.1:5233/', 'foreign'],
  ['encryption on another port', 'http://dav.example.com:8080/', 'https://dav.example.com/', 'foreign'],
  ['the same host, no longer encrypted', 'https://dav.example.com/', 'http://dav.example.com/', 'foreign'],
  ['a neighbour', 'https://caldav.icloud.com/', 'https://p12-caldav.icloud.com/', 'sibling'],
  [
    'a neighbour on another port',
    'https://caldav.icloud.com/',
    'https://p12-caldav.icloud.com:8443/',
    'foreign',
  ],
  [
    'a neighbour without encryption',
    'https://caldav.icloud.com/',
    'http://p12-caldav.icloud.com/',
    'foreign',
  ],
  ['a neighbour of one without encryption', 'http://dav.example.com/', 'https://www.example.com/', 'foreign'],
  ['another domain', 'https://dav.example.com/', 'https://dav.example.org/', 'foreign'],
  ['a domain that ends alike', 'https://example.com/', 'https://evilexample.com/', 'foreign'],
  ['strangers under one country', 'https://alice.co.uk/', 'https://mallory.co.uk/', 'foreign'],
  ['neighbours under a country', 'https://dav.alice.co.uk/', 'https://www.alice.co.uk/', 'sibling'],
  [
    'strangers at one dynamic name service',
    'https://alice.duckdns.org/',
    'https://mallory.duckdns.org/',
    'foreign',
  ],
  ['hosts without a domain', 'https://nas/', 'https://printer/', 'foreign'],
  ['addresses', 'https://10.0.0.1/', 'https://10.0.0.2/', 'foreign'],
  ['addresses of version 6', 'https://[fd00::1]/', 'https://[fd00::2]/', 'foreign'],
];

describe('relationOf', () => {
  for (const [title, configured, other, want] of cases)
    it(`calls ${title} ${want}`, () => assert.equal(relationOf(new URL(configured), new URL(other)), want));
});
