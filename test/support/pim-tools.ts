import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Place } from './place.ts';
import { sh } from './program.ts';

const KHAL = (calendars: string): string => `[calendars]
[[all]]
path = ${calendars}/*
type = discover

[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
`;

const KHARD = (book: string): string => `[addressbooks]
[[friends]]
path = ${book}

[general]
default_action = list
editor = true
merge_editor = true
`;

const TODOMAN = (calendars: string): string => `path = "${calendars}/*"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
default_due = 0
cache_path = "~/todoman.sqlite3"
`;

/** khal, khard and todoman, set up in a home of their own for the mount's `dav/*` and `cards/friends`. */
export class PimTools {
  /** With what they have to be started. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(home: string) {
    this.env = {
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_CACHE_HOME: join(home, '.cache'),
      XDG_DATA_HOME: join(home, '.local', 'share'),
      LC_ALL: 'C.UTF-8',
      EDITOR: 'true',
    };
  }

  static async setUp(place: Place): Promise<PimTools> {
    const home = join(place.folder, 'home');
    const configs = {
      'khal/config': KHAL(place.at('dav')),
      'khard/khard.conf': KHARD(place.at('cards', 'friends')),
      'todoman/config.py': TODOMAN(place.at('dav')),
    };
    for (const [name, text] of Object.entries(configs)) {
      const path = join(home, '.config', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    return new PimTools(home);
  }

  /** Runs a script that uses them. @returns its stdout */
  sh(script: string, input?: string): Promise<string> {
    return sh(script, { env: this.env, ...(input !== undefined && { input }) });
  }
}
