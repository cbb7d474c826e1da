import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { Account, eventOf } from '../support/account.ts';
import { Ends } from '../support/program.ts';
import { requirement } from '../support/requirements.ts';
import {
  inCalendar,
  LAST,
  missing,
  nothingWaits,
  type ProgramCase,
  saveLike,
  sentOf,
} from '../support/sent.ts';

const skip = requirement('fuse') ?? requirement('radicale');
/** The new text in a folder `$T.d` too, under the name that it is to get. */
const IN_FOLDER = `mkdir "$T.d"; cp "$T" "$T.d/$1"; touch -d '2020-01-02 03:04:05' "$T.d/$1";`;

/** Each makes `$1` with the text that is in the file `$T`, elsewhere. */
const CASES: readonly ProgramCase[] = [
  ['cp', 'cp "$T" "$1"'],
  ['cp -a', 'cp -a "$T" "$1"'],
  ['mv', 'mv "$T" "$1"'],
  ['a shell, line by line', 'while IFS= read -r line; do printf "%s\\n" "$line" >>"$1"; done <"$T"'],
  ['a shell that moves it into place', 'cat "$T" >"$1.tmp"; mv "$1.tmp" "$1"'],
  ['a shell that moves a hidden file', 'cat "$T" >".$1"; mv ".$1" "$1"'],
  ['touch, then cat', 'touch "$1"; cat "$T" >>"$1"'],
  ['a shell with noclobber', 'set -C; cat "$T" >"$1"'],
  ['tee', 'tee "$1" <"$T" >/dev/null'],
  ['dd in small blocks', 'dd if="$T" of="$1" bs=16 conv=fsync status=none'],
  ['ln of a temporary file', 'cp "$T" tmpabc; ln tmpabc "$1"; rm tmpabc'],
  ['made, removed and made again', 'cp "$T" "$1"; rm "$1"; cp "$T" "$1"'],
  ['install', 'install -m 600 "$T" "$1"'],
  [
    'patch',
    'diff -u --label /dev/null --label "$1" /dev/null "$T" >"$T.patch" || :; patch -s --binary <"$T.patch"',
    'patch',
  ],
  ['ed', `printf '%s\\n' "r $T" "w $1" q | ed -s`, 'ed'],
  [
    'vim',
    `vim -Nu NONE -es +'set swapfile backupskip= binary' +"silent 0read $T" +wq "$1" </dev/null`,
    'vim',
  ],
  ['emacs', saveLike('emacs-new')],
  ['VS Code', saveLike('vscode')],
  ['JetBrains', saveLike('jetbrains')],
  ['QSaveFile', saveLike('qt')],
  ['gio save', 'gio save "$1" <"$T"', 'gio'],
  ['gio save --create', 'gio save -c "$1" <"$T"', 'gio'],
  ['gio copy', 'gio copy "$T" "$1"', 'gio'],
  ['gio move', 'gio move "$T" "$1"', 'gio'],
  ['curl', 'curl -s -o "$1" "file://$T"', 'curl'],
  ['rsync -a', `${IN_FOLDER} rsync -a "$T.d/$1" ./`, 'rsync'],
  ['rsync --inplace', `${IN_FOLDER} rsync -a --inplace "$T.d/$1" ./`, 'rsync'],
  ['rsync --delay-updates', `${IN_FOLDER} rsync -a --delay-updates "$T.d/$1" ./`, 'rsync'],
  ['rsync --remove-source-files', `${IN_FOLDER} rsync -a --remove-source-files "$T.d/$1" ./`, 'rsync'],
  ['tar', `${IN_FOLDER} tar -C "$T.d" -c "$1" | tar -x`],
  [
    'git checkout',
    `git init -q "$T.d"; cp "$T" "$T.d/$1"; git -C "$T.d" add "$1"; git -C "$T.d" commit -qm new
     git --git-dir="$T.d/.git" --work-tree=. checkout -q HEAD -- "$1"`,
    'git',
  ],
];

describe('a new item', { skip, timeout: 300_000 }, () => {
  const ends = new Ends();
  let account: Account;
  before(async () => {
    account = await Account.make(ends, { events: [LAST] });
    await account.mountFilled(ends);
  });
  after(() => ends.close());

  const at = (name: string): string => account.place.at('dav', 'work', name);
  const listed = async (): Promise<string[]> => (await readdir(at(''))).toSorted();

  for (const [n, one] of CASES.entries())
    it(`by ${one[0]}: one PUT with If-None-Match`, { skip: missing(one) }, async () => {
      const [name, text] = [`new${n}.ics`, eventOf(`new${n}`)];
      const names = await listed();
      await inCalendar(account, `printf %s '${text}' >"$T"; ${one[1]}`, name);
      assert.equal(await readFile(at(name), 'utf8'), text);
      await account.arrives(name, 'Room 1');
      await account.sync();
      const sent = sentOf({ proxy: account.proxy, url: account.url(name) });
      assert.deepEqual(
        sent.map(({ method, ifMatch, ifNoneMatch, body }) => ({ method, ifMatch, ifNoneMatch, body })),
        [{ method: 'PUT', ifMatch: undefined, ifNoneMatch: '*', body: text }],
      );
      assert.equal(await readFile(at(name), 'utf8'), text);
      assert.deepEqual(await listed(), [...names, name].toSorted());
    });

  it('is sent once, and nothing else', async () => {
    await nothingWaits(account);
    const others = account.proxy.writes().filter((write) => !/^PUT new\d+\.ics$/.test(write));
    assert.deepEqual(others, [`PUT ${LAST}.ics`, `DELETE ${LAST}.ics`]);
    assert.equal(new Set(account.proxy.writes()).size, account.proxy.writes().length);
  });
});
