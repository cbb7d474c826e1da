import { readFileSync } from 'node:fs';

/** As in package.json, which lies beside both `src` and `dist`. */
export function programVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
