import assert from 'node:assert/strict';
import type { Config } from '../../src/config/config.ts';
import { interpretConfig } from '../../src/config/interpret.ts';
import { ConfigError } from '../../src/core/errors.ts';

/** Reads a text as if it were the file m.toml of a user whose home is /home/me. */
export const interpret = (text: string): Config =>
  interpretConfig(text, 'm.toml', { env: {}, home: '/home/me' });

/** The lines of the error that a text is refused with. */
export function faultsOf(text: string): string[] {
  try {
    interpret(text);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split('\n');
  }
  return assert.fail('the text was accepted');
}

/** Tables to put a text together from. */
export const DAV = `[storage.dav]
type = "caldav"
url = "https://dav.example.com/"
`;
export const VDIR = `[storage.local]
type = "vdir/icalendar"
path = "/home/me/.calendars"
`;
export const BOOK = `[storage.book]
type = "vdir/vcard"
path = "/home/me/.contacts"
`;
export const MOUNT = `[mount]
path = "/home/me/calendars"
storages = ["local"]
`;
export const PAIR = `[pair.p]
a = "dav"
b = "local"
collections = "all"
`;
