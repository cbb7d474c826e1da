import assert from 'node:assert/strict';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { Account } from '../support/account.ts';
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
const VIM = `vim -Nu NONE -es +'set swapfile backupskip='`;
const SAVE = `+'%s/Room 1/Room 2/' +wq "$1" </dev/null`;
/** The new text in `$T`. */
const EDITED = `sed 's/Room 1/Room 2/' "$1" >"$T";`;
/** And in a folder `$T.d` under its name, as old as can be told apart. */
const IN_FOLDER = `mkdir "$T.d"; sed 's/Room 1/Room 2/' "$1" >"$T.d/$1"; touch -d '2020-01-02 03:04:05' "$T.d/$1";`;
const DIFF = `${EDITED} diff -u --label "$1" --label "$1" "$1" "$T" >"$T.patch" || :;`;

/** Each changes "Room 1" of `$1` to "Room 2" and writes into the file that is there. */
const IN_PLACE: readonly ProgramCase[] = [
  ['vim with backupcopy=yes', `${VIM} +'set backupcopy=yes' ${SAVE}`, 'vim'],
  ['vim where backupskip says so', `vim -Nu NONE -es +'set swapfile backupskip=*' ${SAVE}`, 'vim'],
  ['ed', `printf '%s\\n' ',s/Room 1/Room 2/' w q | ed -s "$1"`, 'ed'],
  ['VS Code', `${EDITED} ${saveLike('vscode')}`],
  ['emacs with backup-by-copying', `${EDITED} ${saveLike('emacs-backup-by-copying')}; rm "$1~"`],
  ['LibreOffice', `${EDITED} ${saveLike('libreoffice')}`],
  ['cp -p', `${EDITED} touch -d '2020-01-02 03:04:05' "$T"; cp -p "$T" "$1"`],
  ['tee', `${EDITED} tee "$1" <"$T" >/dev/null`],
  [
    'dd, one byte',
    `printf 2 | dd of="$1" bs=1 seek=$(($(grep -abo 'Room 1' "$1" | cut -d: -f1) + 5)) conv=notrunc status=none`,
  ],
  ['truncate and append', `${EDITED} : >"$1"; cat "$T" >>"$1"`],
  [
    'pieces, each on disk before the next',
    `${EDITED} : >"$1"; export F="$1"; split -b 40 --filter 'cat >>"$F"; sync "$F"' "$T"`,
  ],
  [
    'perl, reading and writing one handle',
    `perl -e 'open F, "+<", shift; undef $/; $_ = <F>; s/Room 1/Room 2/; seek F, 0, 0; print F; truncate F, tell F' "$1"`,
  ],
  ['rsync --inplace', `${IN_FOLDER} rsync -a --inplace "$T.d/$1" ./`, 'rsync'],
  ['tar --overwrite', `${IN_FOLDER} tar -C "$T.d" -c "$1" | tar -x --overwrite`],
];

/** The same, and a new file takes the name. */
const REPLACED: readonly ProgramCase[] = [
  ['vim as it comes', `${VIM} ${SAVE}`, 'vim'],
  [
    'vim that keeps a backup and a history',
    `${VIM} +'set backup undofile' ${SAVE}; rm "$1~" ".$1.un~"`,
    'vim',
  ],
  ['emacs', `${EDITED} ${saveLike('emacs')}; rm "$1~"`],
  ['emacs with file-precious-flag', `${EDITED} ${saveLike('emacs-precious')}; rm "$1~"`],
  ['gio save', `${EDITED} gio save "$1" <"$T"`, 'gio'],
  ['gio save with a backup', `${EDITED} gio save -b "$1" <"$T"; rm "$1~"`, 'gio'],
  ['gio save that unlinks', `${EDITED} gio save -u "$1" <"$T"`, 'gio'],
  ['gio copy', `${EDITED} gio copy "$T" "$1"`, 'gio'],
  ['gedit with a backup', `${EDITED} ${saveLike('gio-backup')}; rm "$1~"`],
  ['QSaveFile', `${EDITED} ${saveLike('qt')}`],
  ['JetBrains', `${EDITED} ${saveLike('jetbrains')}`],
  ['sed -i with a backup', `sed -i.bak 's/Room 1/Room 2/' "$1"; rm "$1.bak"`],
  ['patch', `${DIFF} patch -s --binary "$1" "$T.patch"`, 'patch'],
  ['patch with a backup', `${DIFF} patch -sb --binary "$1" "$T.patch"; rm "$1.orig"`, 'patch'],
  ['install', `${EDITED} install -m 644 "$T" "$1"`],
  ['install with a backup', `${EDITED} install -b -m 600 "$T" "$1"; rm "$1~"`],
  ['mv of a file beside it', `sed 's/Room 1/Room 2/' "$1" >"$1.new"; mv "$1.new" "$1"`],
  ['mv of a hidden file beside it', `sed 's/Room 1/Room 2/' "$1" >".$1"; mv ".$1" "$1"`],
  ['mv with a backup', `${EDITED} mv -b "$T" "$1"; rm "$1~"`],
  ['ln -f', `sed 's/Room 1/Room 2/' "$1" >tmp; ln -f tmp "$1"; rm tmp`],
  ['rsync -a', `${IN_FOLDER} rsync -a "$T.d/$1" ./`, 'rsync'],
  ['rsync -a --delay-updates', `${IN_FOLDER} rsync -a --delay-updates "$T.d/$1" ./`, 'rsync'],
  ['rsync with a backup', `${IN_FOLDER} rsync -ab "$T.d/$1" ./; rm "$1~"`, 'rsync'],
  ['rsync with a folder for parts', `${IN_FOLDER} rsync -a --partial-dir=.parts "$T.d/$1" ./`, 'rsync'],
  ['tar', `${IN_FOLDER} tar -C "$T.d" -c "$1" | tar -x`],
  [
    'git checkout',
    `git init -q "$T.d"; cp "$1" "$T.d"; cd "$T.d"; git add "$1"; git commit -qm old
     sed -i 's/Room 1/Room 2/' "$1"; git commit -qam new; cd "$OLDPWD"
     git --git-dir="$T.d/.git" --work-tree=. checkout -q HEAD -- "$1"`,
    'git',
  ],
];

const CASES = [...IN_PLACE, ...REPLACED].map((one, n) => ({
  one,
  name: `save${n}.ics`,
  stays: IN_PLACE.includes(one),
}));

describe('a save of an item', { skip, timeout: 300_000 }, () => {
  const ends = new Ends();
  let account: Account;
  before(async () => {
    const events = CASES.map(({ name }) => name.replace('.ics', ''));
    account = await Account.make(ends, { events: [...events, 'held', 'later', 'idle', LAST] });
    await account.mountFilled(ends);
  });
  after(() => ends.close());

  const at = (name: string): string => account.place.at('dav', 'work', name);
  const sent = (name: string) => sentOf({ proxy: account.proxy, url: account.url(name) });

  for (const { one, name, stays } of CASES)
    it(
      `by ${one[0]}: one PUT with If-Match, ${stays ? 'of the same file' : 'of a new file'}`,
      { skip: missing(one) },
      async () => {
        const [text, names, { ino }] = [
          await readFile(at(name), 'utf8'),
          await readdir(at('')),
          await stat(at(name)),
        ];
        await inCalendar(account, one[1], name);
        const edited = text.replace('Room 1', 'Room 2');
        assert.equal(await readFile(at(name), 'utf8'), edited);
        assert.equal((await stat(at(name))).ino === ino, stays);
        await account.arrives(name, 'Room 2');
        await account.sync();
        const [put, ...more] = sent(name);
        assert.deepEqual(more, []);
        assert.deepEqual([put?.method, put?.ifNoneMatch, put?.body], ['PUT', undefined, edited]);
        assert.match(put?.ifMatch ?? '', /^"/);
        assert.deepEqual(await readdir(at('')), names);
      },
    );

  it('waits while a writer has the item open, whatever it has written by then', async () => {
    const text = await readFile(at('held.ics'), 'utf8');
    const writer = await open(at('held.ics'), 'r+');
    const writes = async (room: string): Promise<void> => {
      await writer.write(text.replace('Room 1', room), 0);
      await writer.sync();
    };
    await writes('Room 3');
    await inCalendar(account, `sed -i 's/Room 1/Room 2/' "$1"`, 'later.ics');
    await account.arrives('later.ics', 'Room 2');
    await account.sync();
    assert.deepEqual(sent('held.ics'), []);
    await writes('Room 2');
    await writer.close();
    await account.arrives('held.ics', 'Room 2');
    await account.sync();
    assert.deepEqual(
      sent('held.ics').map(({ method, body }) => [method, body]),
      [['PUT', text.replace('Room 1', 'Room 2')]],
    );
  });

  it('is nothing that needs to be sent where the text stays as it is', async () => {
    await inCalendar(
      account,
      `touch "$1"; chmod 600 "$1"; chown "$(id -u)" "$1"; cp "$1" "$T"; cat "$T" >"$1"; sed -i 's/nowhere/somewhere/' "$1"
       touch -d '2020-01-02 03:04:05' "$T"; cp --attributes-only -p "$T" "$1"; mv "$1" "$1.away"; mv "$1.away" "$1"`,
      'idle.ics',
    );
  });

  it('has nothing more to send afterwards, and deleted nothing', async () => {
    await nothingWaits(account);
    const writes = account.proxy.writes();
    assert.deepEqual(
      writes.filter((write) => write.startsWith('DELETE')),
      [`DELETE ${LAST}.ics`],
    );
    assert.equal(new Set(writes).size, writes.length);
    assert.deepEqual(sent('idle.ics'), []);
  });
});
