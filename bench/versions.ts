import { eventText } from './event.ts';

const WORD = /version-(\d+)/g;

/** Version `version` of event `index`, of which every part says which version it is of, and every version has another length. */
export function versionText(index: number, version: number): string {
  const word = `version-${version}`;
  return eventText(index, [word, ...Array.from({ length: version % 50 }, () => word)].join(' ')).replace(
    'END:VEVENT',
    `COMMENT:${word}\r\nEND:VEVENT`,
  );
}

/** Whether a text is all of one version, from its beginning to its end. */
export function isOneVersion(text: string): boolean {
  const versions = new Set(Array.from(text.matchAll(WORD), ([, version]) => version));
  return versions.size === 1 && text.startsWith('BEGIN:VCALENDAR\r\n') && text.endsWith('END:VCALENDAR\r\n');
}
