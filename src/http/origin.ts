import { isIP } from 'node:net';

/** Second-level labels under which countries let people register names: `example.co.uk`. */
const SHARED_SECOND_LEVEL: ReadonlySet<string> = new Set(
  'ac co com edu gob gouv gov gv id mil ne net nom or org sch'.split(' '),
);

/** Domains whose names belong to strangers. A neighbour there must not get anybody's password. */
const SHARED_DOMAINS: readonly string[] = [
  'amazonaws.com',
  'azurewebsites.net',
  'cloudfront.net',
  'ddns.net',
  'dedyn.io',
  'duckdns.org',
  'dyndns.org',
  'dynv6.net',
  'fly.dev',
  'github.io',
  'herokuapp.com',
  'myfritz.net',
  'netlify.app',
  'ngrok.io',
  'no-ip.org',
  'pages.dev',
  'synology.me',
  'vercel.app',
];

/** How a URL stands to the configured one. */
type Relation = 'same' | 'sibling' | 'foreign';

/**
 * `same`: credentials may go there. `sibling`: while looking for the account they may as well (iCloud spreads accounts over
 * `pNN-caldav.icloud.com`). `foreign`: never. Another port is another origin.
 */
export function relationOf(configured: URL, other: URL): Relation {
  if (other.origin === configured.origin || isUpgrade(configured, other)) return 'same';
  const bothSecure = configured.protocol === 'https:' && other.protocol === 'https:';
  const domain = registrableDomain(configured.hostname);
  const samePort = configured.port === other.port;
  return bothSecure && samePort && domain !== undefined && domain === registrableDomain(other.hostname)
    ? 'sibling'
    : 'foreign';
}

/** From http to https on the same host and the usual ports: the password was to travel in the clear, now it does not. */
const isUpgrade = (configured: URL, other: URL): boolean =>
  configured.protocol === 'http:' &&
  other.protocol === 'https:' &&
  configured.hostname === other.hostname &&
  configured.port === '' &&
  other.port === '';

/**
 * What somebody registered: `example.com` of `dav.example.com`. Without the public suffix list, which grows weekly, this errs
 * towards `undefined` or a longer name; then credentials stay where they were configured.
 */
function registrableDomain(hostname: string): string | undefined {
  if (isIP(hostname.replaceAll(/[[\]]/g, '')) !== 0) return undefined;
  const labels = hostname.split('.');
  const shared = SHARED_DOMAINS.find((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
  const top = labels.at(-1) ?? '';
  const second = labels.at(-2) ?? '';
  let count = 2;
  if (shared !== undefined) count = shared.split('.').length + 1;
  else if (top.length === 2 && SHARED_SECOND_LEVEL.has(second)) count = 3;
  return labels.length < count ? undefined : labels.slice(-count).join('.');
}
