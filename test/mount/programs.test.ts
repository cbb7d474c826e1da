import assert from 'node:assert/strict';
import * as files from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Mounted } from '../support/mounted.ts';
import { requirement } from '../support/requirements.ts';

describe('programs on a mount', { skip: requirement('fuse') }, () => {
  let mounted: Mounted;
  const at = (name: string): string => mounted.at(name);
  const holds = async (want: Record<string, string>): Promise<void> => {
    const names = await files.readdir(at(''));
    const entries = await Promise.all(
      names.map(async (name) => [name, await files.readFile(at(name), 'utf8')] as const),
    );
    assert.deepEqual(Object.fromEntries(entries), want);
  };
  before(async () => {
    mounted = await Mounted.start();
  });
  after(() => mounted.stop());
  beforeEach(async () => {
    await mounted.sh('rm -rf ./* .[!.]*');
    await files.writeFile(at('a.ics'), 'old\n');
  });

  const edits: readonly [program: string, script: string, needs?: 'vim' | 'rsync'][] = [
    ['vim', `vim -Nu NONE -es +'%s/old/new/' +wq a.ics </dev/null`, 'vim'],
    ['vim with backupcopy=yes', `vim -Nu NONE -es +'set bkc=yes' +'%s/old/new/' +wq a.ics </dev/null`, 'vim'],
    [
      'vim with a swap file',
      `vim -Nu NONE -es +'set swapfile' +'%s/old/new/' +'w | w | wq' a.ics </dev/null`,
      'vim',
    ],
    ['sed -i', 'sed -i s/old/new/ a.ics'],
    ['perl -i', 'perl -pi -e s/old/new/ a.ics'],
    ['cp over it', 'echo new > .x; cp .x a.ics; rm .x'],
    ['cp --remove-destination', 'echo new > .x; cp --remove-destination .x a.ics; rm .x'],
    ['install', 'echo new > .x; install -m 644 .x a.ics; rm .x'],
    ['mv over it', 'echo new > .x; mv .x a.ics'],
    ['mv -n and mv', 'echo new > .x; mv -n .x b.ics; mv b.ics a.ics'],
    ['a shell', 'echo new > a.ics'],
    ['dd', 'echo new | dd of=a.ics status=none conv=fsync'],
    ['tee', 'echo new | tee a.ics > .x; rm .x'],
    [
      'patch',
      `printf -- '--- a.ics\\n+++ a.ics\\n@@ -1 +1 @@\\n-old\\n+new\\n' | patch -s a.ics; rm -f a.ics.orig`,
    ],
  ];
  for (const [program, script, needs] of edits) {
    it(`${program} changes a file`, { skip: needs && requirement(needs) }, async () => {
      await mounted.sh(script);
      await holds({ 'a.ics': 'new\n' });
    });
  }

  it('nano changes a file', { skip: requirement('nano') ?? requirement('tmux') }, async () => {
    const session = `pimsync-${process.pid}`;
    const tmux = `tmux -L ${session}`;
    // tmux loses a `wait-for` at times.
    const ended = path.join(mounted.folder, 'nano-ended');
    await mounted.sh(
      `${tmux} -f /dev/null new-session -d -s n -x 80 -y 24 'TERM=screen nano -I a.ics; touch ${ended}; sleep 60'
       server=$(${tmux} display-message -p '#{pid}')
       until ${tmux} capture-pane -p -t n | grep -q old; do :; done
       ${tmux} send-keys -t n n e w C-k C-u C-o Enter
       until grep -q new a.ics; do :; done
       ${tmux} send-keys -t n C-x
       until [ -e ${ended} ]; do :; done
       ${tmux} kill-server
       while kill -0 $server 2>/dev/null; do :; done`,
    );
    assert.match(await files.readFile(at('a.ics'), 'utf8'), /new/);
    assert.deepEqual(await files.readdir(at('')), ['a.ics']);
  });

  describe('rsync', { skip: requirement('rsync') }, () => {
    const source = async (): Promise<string> => {
      const folder = path.join(mounted.folder, 'source');
      await mounted.sh(
        `rm -rf ${folder}; mkdir ${folder}; cd ${folder}; for n in $(seq 20); do echo "$n" > "$n.ics"; done
         touch -d 2001-02-03T04:05:06.789012 1.ics; chmod 644 *`,
      );
      return folder;
    };

    for (const options of ['-a', '-a --inplace', '-a --delay-updates', '-rt'])
      it(`rsync ${options} into it, and then has nothing to do`, async () => {
        const from = await source();
        await mounted.sh(
          `rsync ${options} ${from}/ ./; diff -r ${from} . | grep -v 'Only in .: a.ics' || true`,
        );
        const again = await mounted.sh(`rsync ${options} --itemize-changes --modify-window=0 ${from}/ ./`);
        assert.equal(again.replace(/^\.d.*\n/m, ''), '');
      });

    it('rsync -a out of it, and then has nothing to do', async () => {
      const to = path.join(mounted.folder, 'copy');
      await mounted.sh(
        `for n in $(seq 20); do echo "$n" > "$n.ics"; done; rsync -a ./ ${to}/; diff -r . ${to}`,
      );
      assert.equal(await mounted.sh(`rsync -a --itemize-changes ./ ${to}/`), '');
    });
  });

  it('tar into it and out of it', async () => {
    const archive = path.join(mounted.folder, 't.tar');
    await mounted.sh(`tar cf ${archive} .; rm a.ics; tar xf ${archive}`);
    await holds({ 'a.ics': 'old\n' });
  });
});
