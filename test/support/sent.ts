import { fileURLToPath } from 'node:url';
import { rm } from 'node:fs/promises';
import type { Account } from './account.ts';
import type { Seen } from './counting-proxy.ts';
import { eventually, sh } from './program.ts';
import { type Requirement, requirement } from './requirements.ts';

/** Nothing but to be edited and deleted at last, see `nothingWaits`. */
export const LAST = 'last';

/** Of a table of programs: what it is, a shell script, and what it needs. */
export type ProgramCase = readonly [program: string, script: string, needs?: Requirement];

export const missing = ([, , needs]: ProgramCase): string | undefined => needs && requirement(needs);

const SAVE_LIKE = fileURLToPath(new URL('../mount/programs/save-like.ts', import.meta.url));

/** The script that has `$T`, a file elsewhere, saved under `$1` as that editor does it. */
export const saveLike = (editor: string): string =>
  `'${process.execPath}' --import '${import.meta.resolve('tsx')}' '${SAVE_LIKE}' ${editor} "$1" "$T"`;

const QUESTIONS = new Set(['PROPFIND', 'REPORT', 'GET', 'OPTIONS']);

/** All that was sent of one item, without questions. */
export function sentOf({ proxy, url }: { proxy: Account['proxy']; url: URL }): readonly Seen[] {
  return proxy.seen.filter(({ method, path }) => path === url.pathname && !QUESTIONS.has(method));
}

/** Runs a script in the calendar's folder, with a name there as `$1` and a file elsewhere as `$T`, for which no other run asks. */
export function inCalendar(account: Account, script: string, name = ''): Promise<string> {
  return sh(`set -- '${name}'; ${script}`, {
    cwd: account.place.at('dav', 'work'),
    env: {
      T: `${account.place.folder}/elsewhere-${name}`,
      LC_ALL: 'C.UTF-8',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'user.name',
      GIT_CONFIG_VALUE_0: 'somebody',
      GIT_CONFIG_KEY_1: 'user.email',
      GIT_CONFIG_VALUE_1: 'somebody@example.org',
    },
  });
}

/**
 * Resolves when everything done in the calendar so far was sent that will be: edits wait for their quiet time and deletions for their
 * grace time, so an edit and a deletion made now are the last to go. Once only, for the event `LAST`.
 */
export async function nothingWaits(account: Account): Promise<void> {
  const name = `${LAST}.ics`;
  await inCalendar(account, `sed -i 's/Room 1/Room 2/' "$1"`, name);
  await account.arrives(name, 'Room 2');
  await rm(account.place.at('dav', 'work', name));
  await eventually('the last deletion to be sent', async () => (await account.onServer(name)) === undefined);
  await account.sync();
}
