import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startRadicale } from '../test/servers/radicale.ts';
import { RawDav } from '../test/servers/raw-dav.ts';
import type { TestServer } from '../test/servers/server.ts';
import { curl, type WebRequest } from './curl.ts';
import { eventFile, eventText } from './event.ts';
import type { Setting } from './setting.ts';

const MEMORY_DISK = '/dev/shm';
/** Two files and a history entry an item, of a page each. */
const BYTES_AN_ITEM = 20_000;

/** An account on a server of our own, with what other programs need to know to use it. */
export interface Account {
  readonly url: URL;
  readonly username: string;
  readonly password: string;
}

/** How many events each calendar has. */
export type Calendars = Readonly<Record<string, number>>;

/** Radicale with calendars in it, ended with the benchmark. */
export class FilledServer {
  readonly account: Account;
  readonly #server: TestServer;
  #stopped: Promise<void> | undefined;

  private constructor(server: TestServer) {
    const { url, username = '', password = '' } = server;
    this.account = { url, username, password };
    this.#server = server;
  }

  /** @param room for how many items there has to be room, copies included */
  static async start(
    { say, atEnd }: Setting,
    calendars: Calendars,
    room = total(calendars),
  ): Promise<FilledServer> {
    const within = await memoryDisk(room);
    const server = await startRadicale(within === undefined ? {} : { within });
    const filled = new FilledServer(server);
    atEnd(() => filled.stop());
    for (const [id, events] of Object.entries(calendars)) {
      say(`filling a calendar with ${events} events`);
      await filled.fill(id, events);
    }
    return filled;
  }

  /** Ends it; does nothing the second time. */
  stop(): Promise<void> {
    this.#stopped ??= this.#server.stop();
    return this.#stopped;
  }

  /** Where Radicale keeps the calendars, a folder each, with all that it remembers of them; it looks there at each request. */
  get calendars(): string {
    return join(this.#server.dataDir, 'storage', 'collection-root', this.account.username);
  }

  /** A folder on the same disk, which is nothing to the server and goes with it. */
  get spare(): string {
    return join(this.#server.dataDir, 'spare');
  }

  /**
   * Makes a calendar. Its events are put where Radicale keeps them, as 10,000 PUTs take a quarter of an hour; then it is asked for
   * them until its own caches are built, which are no part of what is measured.
   */
  async fill(id: string, events: number): Promise<void> {
    const url = await new RawDav(this.#server).makeCollection('calendar', id);
    const folder = join(this.calendars, id);
    await mkdir(folder, { recursive: true });
    for (let index = 0; index < events; index += 1)
      await writeFile(join(folder, eventFile(index)), eventText(index));
    for (const body of [EVERYTHING, CHANGES, CHANGES]) await curl([this.#report(url, body)], 1);
  }

  #report(url: URL, body: string): WebRequest {
    const { username, password } = this.account;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const headers = { authorization, depth: '1', 'content-type': 'application/xml; charset=utf-8' };
    return { method: 'REPORT', url, headers, body };
  }
}

export const total = (calendars: Calendars): number =>
  Object.values(calendars).reduce((sum, events) => sum + events, 0);

/** Radicale syncs every file it writes to the disk, which makes the first look at 10,000 items last a minute. */
async function memoryDisk(items: number): Promise<string | undefined> {
  try {
    const { bavail, bsize } = await statfs(MEMORY_DISK);
    return bavail * bsize > items * BYTES_AN_ITEM ? MEMORY_DISK : undefined;
  } catch {
    return undefined;
  }
}

const EVERYTHING = `<?xml version="1.0" encoding="utf-8"?>
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><d:getetag/></d:prop>
<c:filter><c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>`;

const CHANGES = `<?xml version="1.0" encoding="utf-8"?>
<d:sync-collection xmlns:d="DAV:"><d:sync-token/><d:sync-level>1</d:sync-level>
<d:prop><d:getetag/></d:prop></d:sync-collection>`;
