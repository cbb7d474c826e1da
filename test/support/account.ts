import { ask } from '../../src/app/control.ts';
import { statePaths } from '../../src/app/state-paths.ts';
import { startRadicale } from '../servers/radicale.ts';
import { RawDav } from '../servers/raw-dav.ts';
import type { TestServer } from '../servers/server.ts';
import { startXandikos } from '../servers/xandikos.ts';
import { CountingProxy } from './counting-proxy.ts';
import { contactText, eventText } from './items.ts';
import { davTable, LiveMount, Place, type PlaceOptions } from './place.ts';
import { type Ends, eventually } from './program.ts';

export const SERVERS = { radicale: startRadicale, xandikos: startXandikos } as const;

export interface AccountOptions {
  readonly server?: keyof typeof SERVERS;
  /** Names (without `.ics`) of the events to begin with; the UID is the same. */
  readonly events?: readonly string[];
  /** The same of contacts. None: no address book is mounted. */
  readonly contacts?: readonly string[];
  /** How often the mount asks for changes on its own; absent: so rarely that the test decides when. */
  readonly interval?: string;
}

/**
 * An account on a real server with a calendar `work` and an address book `friends`, a counting proxy in front of it, and a place to
 * mount it as `dav/work` and `cards/friends`.
 */
export class Account {
  readonly server: TestServer;
  /** The server as another client has it, past the proxy. */
  readonly dav: RawDav;
  readonly proxy: CountingProxy;
  readonly place: Place;
  readonly calendar: URL;
  readonly book: URL;

  private constructor(parts: Pick<Account, 'server' | 'dav' | 'proxy' | 'place' | 'calendar' | 'book'>) {
    this.server = parts.server;
    this.dav = parts.dav;
    this.proxy = parts.proxy;
    this.place = parts.place;
    this.calendar = parts.calendar;
    this.book = parts.book;
  }

  static async make(ends: Ends, options: AccountOptions = {}): Promise<Account> {
    const { events = [], contacts = [] } = options;
    const server = await SERVERS[options.server ?? 'radicale']();
    ends.add(() => server.stop());
    const proxy = await CountingProxy.start(ends, server.url);
    const dav = new RawDav(server);
    const place = await Place.make(ends, placeOptions(server, { ...options, url: proxy.url }));
    const calendar = await dav.makeFilled('calendar', 'work', texts(events, '.ics', eventOf));
    const book = await dav.makeFilled('contact', 'friends', texts(contacts, '.vcf', contactOf));
    return new Account({ server, dav, proxy, place, calendar, book });
  }

  mount(ends: Ends): Promise<LiveMount> {
    return LiveMount.start(ends, this.place);
  }

  /** Mounted, and everything that the server has is there. */
  async mountFilled(ends: Ends): Promise<LiveMount> {
    const mount = await this.mount(ends);
    await this.sync();
    return mount;
  }

  /** Has the running engine synchronise now, after what is under way; what fails is not of interest. */
  async sync(): Promise<void> {
    const { socket } = statePaths(this.place.stateFolder);
    const request = { op: 'sync', selection: [], allowEmpty: false, dryRun: false } as const;
    await eventually('an engine that can be asked', async () => (await ask(socket, request)) !== undefined);
  }

  /** The URL of an item in the calendar, or of a contact. */
  url(name: string): URL {
    return new URL(encodeURIComponent(name), name.endsWith('.vcf') ? this.book : this.calendar);
  }

  /** What the server has; `undefined`: nothing. */
  onServer(name: string): Promise<string | undefined> {
    return this.dav.get(this.url(name));
  }

  /** Waits until an item on the server has that in its text. */
  async arrives(name: string, text: string): Promise<void> {
    await eventually(`the server to have "${text}" in ${name}`, async () =>
      (await this.onServer(name))?.includes(text),
    );
  }

  /** Somebody else changes an item on the server. */
  async changeOnServer(name: string, from: string | RegExp, to: string): Promise<void> {
    const text = (await this.onServer(name)) ?? '';
    const changed = text.replace(from, to);
    if (changed === text)
      throw new Error(`nothing to change from ${String(from)} in ${name} on the server: ${text}`);
    await this.dav.put(this.url(name), changed);
  }
}

function placeOptions(
  server: TestServer,
  { contacts = [], interval, url }: AccountOptions & { readonly url: URL },
): PlaceOptions {
  const fields = { server, url, interval };
  const calendars = davTable('dav', 'caldav', fields);
  if (contacts.length === 0) return { storages: [calendars], mounted: ['dav'] };
  return { storages: [calendars, davTable('cards', 'carddav', fields)], mounted: ['dav', 'cards'] };
}

const texts = (
  names: readonly string[],
  extension: string,
  textOf: (name: string) => string,
): ReadonlyMap<string, string> => new Map(names.map((name) => [`${name}${extension}`, textOf(name)]));

/** `LOCATION:Room 1`, for tests to change. */
export const eventOf = (uid: string): string => eventText({ uid, summary: uid, lines: ['LOCATION:Room 1'] });

/** `NOTE:Room 1` */
export const contactOf = (uid: string): string => contactText({ uid, name: uid, lines: ['NOTE:Room 1'] });
