import type { Href } from '../core/storage.ts';

/** Why one of several items with a UID is the one that keeps it. */
export type KeepsBecause = 'sound' | 'named' | 'first';

/** Something that is wrong with a stored item and that can be put right without guessing. */
export type Finding =
  | {
      readonly fault:
        | 'bom'
        | 'control-characters'
        | 'line-ends'
        | 'empty-lines'
        | 'no-version'
        | 'no-prodid'
        | 'no-dtstamp'
        | 'no-uid'
        | 'several-calendars'
        | 'unsafe-uid'
        | 'unsafe-name';
    }
  | { readonly fault: 'unclosed'; readonly missing: readonly string[] }
  | { readonly fault: 'several-items'; readonly count: number }
  | { readonly fault: 'duplicate-uid'; readonly keeper: Href; readonly because: KeepsBecause }
  /** @property inside one of several items of this text, and not the whole of it */
  | { readonly fault: 'copy'; readonly of: Href; readonly inside: boolean };

export type Fault = Finding['fault'];

/** A text with what was done to it. */
export interface Mending {
  readonly text: string;
  readonly findings: readonly Finding[];
}

/** What cannot be repaired without guessing, with the remedy. */
export interface Hopeless {
  readonly reason: string;
}

/** What a finding is called, what would be done about it, and what was. */
export interface FindingWords {
  readonly wrong: string;
  readonly todo: string;
  readonly done: string;
}

export function findingWords(finding: Finding): FindingWords {
  if (finding.fault === 'unclosed') {
    const lines = finding.missing.map((name) => `END:${name}`).join(', ');
    return { wrong: `${lines} missing, perhaps other lines too`, ...ADD };
  }
  if (finding.fault === 'several-items')
    return { wrong: `${finding.count} items in one`, todo: 'split it', done: 'split' };
  if (finding.fault === 'duplicate-uid') {
    const because = BECAUSE[finding.because];
    return { wrong: `same UID as ${finding.keeper}, which keeps it because ${because}`, ...NEW_UID };
  }
  if (finding.fault === 'copy') {
    const what = finding.inside ? 'one of its items is a copy' : 'a copy';
    return { wrong: `${what} of ${finding.of}`, todo: 'remove it', done: 'removed' };
  }
  return WORDS[finding.fault];
}

const BECAUSE = {
  sound: 'nothing else is wrong with it',
  named: 'its name is the UID',
  first: 'its name comes first',
} as const satisfies Record<KeepsBecause, string>;

const NEW_UID = { todo: 'give it a new one', done: 'given a new one' };
const ADD = { todo: 'add it', done: 'added' };
const TAKE_OUT = { todo: 'take them out', done: 'taken out' };

const WORDS = {
  bom: { wrong: 'a byte order mark at its start', todo: 'take it away', done: 'taken away' },
  'control-characters': { wrong: 'control characters that servers cannot pass on', ...TAKE_OUT },
  'line-ends': { wrong: 'mixed line ends, or CR alone', todo: 'make them CRLF', done: 'made CRLF' },
  'empty-lines': { wrong: 'empty lines', ...TAKE_OUT },
  'no-version': { wrong: 'no VERSION', ...ADD },
  'no-prodid': { wrong: 'no PRODID', ...ADD },
  'no-dtstamp': { wrong: 'no DTSTAMP', ...ADD },
  'no-uid': { wrong: 'no UID', todo: 'give it one', done: 'given one' },
  'several-calendars': { wrong: 'one item in several calendars', todo: 'join them', done: 'joined' },
  'unsafe-uid': { wrong: 'a UID that makes trouble in file names and URLs', ...NEW_UID },
  'unsafe-name': {
    wrong: 'a name that makes trouble in URLs',
    todo: 'give it a new UID and name',
    done: 'given a new UID and name',
  },
} as const;
