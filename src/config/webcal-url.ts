import { isSegment } from './paths.ts';

/** Both schemes only say "subscribe to this"; what is meant is fetched by HTTP. */
const SCHEMES: readonly (readonly [written: RegExp, meant: string])[] = [
  [/^webcals:/i, 'https:'],
  [/^webcal:/i, 'http:'],
];

/** `webcal://` and `webcals://` as http and https; any other text as it is. */
export function toHttp(written: string): string {
  const scheme = SCHEMES.find(([pattern]) => pattern.test(written));
  return scheme ? written.replace(...scheme) : written;
}

/** What the collection of a feed is called unless the configuration says so: the last segment of its URL without extension. */
export function feedNameOf({ pathname, hostname }: URL): string {
  const last = pathname.split('/').findLast((segment) => segment !== '') ?? '';
  const name = decoded(last)
    .replace(/\.[^.]+$/, '')
    .replace(/^\.+/, '');
  return isSegment(name) ? name : hostname;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A percent sign that stands for itself.
    return segment;
  }
}
