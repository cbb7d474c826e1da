import * as z from 'zod';
import { METADATA_NAMES } from '../core/item-name.ts';
import type { WindowEdge } from '../core/window.ts';
import { DURATION, parseDuration } from './duration.ts';
import { isPath, isSegment } from './paths.ts';
import { pairCollections } from './schema-collections.ts';
import { conflictChoice } from './schema-conflict.ts';
import { program } from './schema-program.ts';
import { secretSource } from './schema-secret.ts';
import { historySize, historyTime } from './schema-history.ts';
import { parseSize, sizeWords } from './size.ts';
import { toHttp } from './webcal-url.ts';

/**
 * The shape of each table. The message of every check is what was expected; `faults.ts` puts the rest of the sentence around
 * it. Strict throughout: a misspelt key is told, never ignored.
 */
export const DEFAULTS = {
  /** Of an account; every look is a request. */
  davIntervalMs: 300_000,
  /** Of a feed: it has to be downloaded whole where the server cannot tell that nothing changed. */
  webcalIntervalMs: 3_600_000,
  /** Of a folder, where a look is a listing with `stat`, and nothing else tells of changes. */
  vdirIntervalMs: 30_000,
  writeDelayMs: 2000,
  deleteDelayMs: 5000,
  conflict: 'merge',
  historyMs: 30 * 24 * 3_600_000,
  historyBytes: 256 * 1024 * 1024,
  maxItemBytes: 20 * 1024 * 1024,
  /** 10,000 items with their data are about 10 MB. */
  maxResponseBytes: 64 * 1024 * 1024,
} as const;

const text = (expected: string): z.ZodString => z.string({ error: expected }).min(1, expected);
const path = text('an absolute path or one that begins with "~/"').refine(isPath, {
  error: 'an absolute path or one that begins with "~/"',
});
const flag = z.boolean({ error: 'true or false, without quotes' });

const duration = (leastMs: number, expected = DURATION): z.ZodType<number> =>
  z.string({ error: expected }).transform((written, context) => {
    const ms = parseDuration(written);
    if (ms !== undefined && ms >= leastMs) return ms;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });

const size = z.string({ error: sizeWords() }).transform((written, context) => {
  const bytes = parseSize(written);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: 'custom', message: sizeWords() });
  return z.NEVER;
});

interface UrlForm {
  readonly expected: string;
  readonly schemes: string;
  /** From what people write to http or https. */
  readonly read: (written: string) => string;
}

const urlOf = (form: UrlForm): z.ZodType<URL> =>
  z.string({ error: form.expected }).transform((written, context) => {
    const problem = urlProblem(form.read(written), form);
    if (problem === undefined) return new URL(form.read(written));
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  });

function urlProblem(meant: string, { expected, schemes }: UrlForm): string | undefined {
  if (!URL.canParse(meant)) return expected;
  const { protocol, username, password } = new URL(meant);
  if (protocol !== 'https:' && protocol !== 'http:') return `${expected} (${schemes})`;
  // In a URL they would show up in every message and log line.
  if (username !== '' || password !== '')
    return 'a URL without user and password; they have keys of their own';
  return undefined;
}

const HEADERS_EXPECTED = 'a table of header names and texts such as { X-Client = "pimsync" }';
/** These are set for every request; a second value would contradict the first. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
]);
const headers = z.record(
  z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'the name of an HTTP header')
    .refine((name) => !OWN_HEADERS.has(name.toLowerCase()), { error: 'a header that may be chosen freely' }),
  // RFC 9110, 5.5: a line break would begin another header.
  z.string({ error: HEADERS_EXPECTED }).regex(/^[\t\u0020-\u007E\u0080-\u00FF]*$/, 'text on one line'),
  { error: HEADERS_EXPECTED },
);

const name = text('the name of a storage');

const common = {
  type: z.string(),
  read_only: flag.default(false),
  no_delete: flag.default(false),
  max_item: size.default(DEFAULTS.maxItemBytes),
};
const interval = duration(1000, `${DURATION}, at least 1s`);

/** What everything that is reached over HTTP has. */
const remote = {
  username: text('a user name').optional(),
  password: secretSource.optional(),
  timeout: duration(1).optional(),
  max_response: size.default(DEFAULTS.maxResponseBytes),
  user_agent: text('text on one line')
    .regex(/^[\u0020-\u007E]+$/, 'plain text on one line')
    .optional(),
  tls_root: path.optional(),
  headers: headers.default({}),
};

const dav = z.strictObject({
  ...common,
  interval: interval.default(DEFAULTS.davIntervalMs),
  url: urlOf({
    expected: 'a URL such as "https://dav.example.com/"',
    schemes: 'https or http',
    read: (written) => written,
  }),
  ...remote,
});

const EDGE = 'a number of days such as "90d", or a date such as "2026-01-31"';
const windowEdge = z.string({ error: EDGE }).transform((written, context): WindowEdge => {
  const days = /^(\d{1,5})d$/.exec(written)?.[1];
  if (days !== undefined) return { days: Number(days) };
  if (isDate(written)) return { date: written };
  context.addIssue({ code: 'custom', message: EDGE });
  return z.NEVER;
});

const isDate = (written: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(written) &&
  !Number.isNaN(Date.parse(written)) &&
  new Date(written).toISOString().startsWith(written);

const COMPONENTS = ['VEVENT', 'VTODO', 'VJOURNAL'] as const;

const caldav = dav.extend({
  components: z
    .array(z.enum(COMPONENTS, { error: `one of ${COMPONENTS.map((one) => `"${one}"`).join(', ')}` }), {
      error: 'a list of components such as ["VEVENT", "VTODO"]',
    })
    .min(1, 'at least one component')
    .optional(),
  since: windowEdge.optional(),
  until: windowEdge.optional(),
});

const webcal = z.strictObject({
  ...common,
  read_only: flag.default(true).refine((readOnly) => readOnly, {
    error: 'true, or no such key: nobody can write to a feed',
  }),
  interval: interval.default(DEFAULTS.webcalIntervalMs),
  url: urlOf({
    expected: 'a URL such as "webcals://example.com/holidays.ics"',
    schemes: 'webcals, webcal, https or http',
    read: toHttp,
  }),
  collection: text('the name of a folder')
    .refine((id) => isSegment(id) && !id.startsWith('.'), { error: 'the name of a folder' })
    .optional(),
  ...remote,
});

const vdir = z.strictObject({
  ...common,
  interval: interval.default(DEFAULTS.vdirIntervalMs),
  path,
  fileext: z
    .string({ error: 'a file extension such as ".ics"' })
    .regex(/^\.?[\w-]+$/, 'a file extension such as ".ics"')
    .refine((extension) => !/^\.?tmp$/i.test(extension), {
      error: 'another extension: .tmp marks unfinished files',
    })
    .transform((extension) => (extension.startsWith('.') ? extension : `.${extension}`))
    .optional(),
  watch: flag.default(true),
  post_hook: program.optional(),
  pre_deletion_hook: program.optional(),
});

const conflict = conflictChoice.default(DEFAULTS.conflict);

const mount = z.strictObject({
  path,
  storages: z
    .array(name, { error: 'a list of storages such as ["personal"]' })
    .min(1, 'at least one storage'),
  layout: z.enum(['nested', 'flat'], { error: '"nested" or "flat"' }).default('nested'),
  write_delay: duration(0).default(DEFAULTS.writeDelayMs),
  delete_delay: duration(0).default(DEFAULTS.deleteDelayMs),
  history: historyTime.default(DEFAULTS.historyMs),
  history_size: historySize.default(DEFAULTS.historyBytes),
  conflict,
});

const pair = z.strictObject({
  a: name,
  b: name,
  collections: pairCollections,
  on_empty: z.enum(['skip', 'sync'], { error: '"skip" or "sync"' }).default('skip'),
  on_delete: z.enum(['sync', 'skip'], { error: '"sync" or "skip"' }).default('sync'),
  one_way: flag.default(false),
  properties: z
    .array(z.enum(METADATA_NAMES, { error: `one of ${METADATA_NAMES.join(', ')}` }), {
      error: 'a list of properties such as ["displayname", "color"]',
    })
    .default([...METADATA_NAMES]),
  conflict,
  on_change: program.optional(),
});

const table = (what: string): z.ZodRecord<z.ZodString, z.ZodUnknown> =>
  z.record(z.string(), z.unknown(), { error: `a table such as [${what}]` });

const file = z.strictObject({
  state_path: path.optional(),
  storage: table('storage.personal').optional(),
  mount: table('mount').optional(),
  pair: table('pair.backup').optional(),
});

export const SCHEMAS = { file, caldav, dav, webcal, vdir, mount, pair } as const;

/** Of CalDAV, and of CardDAV, which has no window. */
export type DavTable = z.infer<typeof dav> &
  Partial<Pick<z.infer<typeof caldav>, 'components' | 'since' | 'until'>>;
export type WebcalTable = z.infer<typeof webcal>;
export type VdirTable = z.infer<typeof vdir>;
export type MountTable = z.infer<typeof mount>;
export type PairTable = z.infer<typeof pair>;

/** Which tables a storage of each type has, and what it holds. */
export const STORAGE_TYPES = {
  caldav: { kind: 'calendar', table: 'dav' },
  carddav: { kind: 'contact', table: 'dav' },
  webcal: { kind: 'calendar', table: 'webcal' },
  'vdir/icalendar': { kind: 'calendar', table: 'vdir' },
  'vdir/vcard': { kind: 'contact', table: 'vdir' },
} as const;

export type StorageType = keyof typeof STORAGE_TYPES;
