import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { describe, it } from 'node:test';
import { testFileSystem, type TestFileSystem } from '../support/test-file-system.ts';

/** What a program does to `a.ics` (or a new `n.ics`), as traced on a mount; what is left; and what the engine is told, but `touched`. */
interface Pattern {
  readonly program: string;
  readonly run: (io: Script) => void;
  readonly left: Record<string, string>;
  readonly told: readonly string[];
}

const edited = { 'a.ics': 'new' };

const patterns: readonly Pattern[] = [
  {
    program: 'vim on an ordinary path',
    run({ fs, create, ops, at }) {
      const swap = create('.a.ics.swp', 'swap');
      ops.unlink(at('.a.ics.swp'));
      ops.release(swap);
      const editing = create('.a.ics.swp', 'swap');
      fs.ops.chmod(at('.a.ics.swp'), 0o644);
      const probe = create('4913', '');
      ops.unlink(at('4913'));
      ops.release(probe);
      ops.rename(at('a.ics'), at('a.ics~'));
      const fd = create('a.ics', '');
      ops.ftruncate(fd, 0);
      ops.write(fd, Buffer.from('new'), 0);
      ops.fsync(fd);
      ops.chmod(at('a.ics'), 0o644);
      ops.flush(at('a.ics'), fd);
      ops.release(fd);
      ops.unlink(at('a.ics~'));
      ops.unlink(at('.a.ics.swp'));
      ops.release(editing);
    },
    left: edited,
    told: ['removed', 'edited a.ics'],
  },
  {
    program: 'vim with backupcopy=yes',
    run({ save, ops, at, overwrite }) {
      save('a.ics~', 'old');
      ops.utimens(at('a.ics~'), 1000, 1000);
      overwrite('a.ics', 'new', { sync: true });
      ops.unlink(at('a.ics~'));
    },
    left: edited,
    told: ['edited -', 'edited a.ics'],
  },
  {
    program: 'nano',
    run({ create, overwrite, ops, at }) {
      ops.release(create('.a.ics.swp', 'lock'));
      overwrite('a.ics', 'new', { sync: true });
      ops.unlink(at('.a.ics.swp'));
    },
    left: edited,
    told: ['edited -', 'edited a.ics'],
  },
  {
    program: 'emacs',
    run({ ops, at, save }) {
      ops.symlink('me@host.123', at('.#a.ics'));
      ops.rename(at('a.ics'), at('a.ics~'));
      save('a.ics', 'new');
      ops.release(ops.open(at('a.ics'), constants.O_WRONLY));
      assert.equal(ops.readlink(at('.#a.ics')), 'me@host.123');
      ops.unlink(at('.#a.ics'));
      ops.chmod(at('a.ics'), 0o600);
    },
    left: { 'a.ics': 'new', 'a.ics~': 'old' },
    told: ['removed', 'edited a.ics'],
  },
  {
    program: 'gio and gedit, with the rename before the close',
    run({ create, ops, at }) {
      const fd = create('.goutputstream-AB12CD', 'new');
      ops.fsync(fd);
      ops.rename(at('.goutputstream-AB12CD'), at('a.ics'));
      ops.flush(at('a.ics'), fd);
      ops.release(fd);
    },
    left: edited,
    told: ['edited a.ics', 'edited a.ics'],
  },
  {
    program: 'gio with a rename of bytes not flushed yet',
    run({ create, ops, at }) {
      const fd = create('.goutputstream-AB12CD', 'new');
      ops.rename(at('.goutputstream-AB12CD'), at('a.ics'));
      ops.release(fd);
    },
    left: edited,
    told: ['edited a.ics', 'edited a.ics'],
  },
  {
    program: 'sed -i',
    run({ save, ops, at }) {
      save('sedAB12CD', 'new');
      ops.chmod(at('sedAB12CD'), 0o644);
      ops.rename(at('sedAB12CD'), at('a.ics'));
    },
    left: edited,
    told: ['edited -', 'edited a.ics'],
  },
  {
    program: 'perl -i.bak, which replaces the file it reads from (libfuse hides that)',
    run({ ops, at, save, text }) {
      const reading = ops.open(at('a.ics'), constants.O_RDONLY);
      save('XXAB12CD', 'new');
      ops.link(at('a.ics'), at('a.ics.bak'));
      ops.rename(at('a.ics'), at('.fuse_hidden0000000100000001'));
      ops.rename(at('XXAB12CD'), at('a.ics'));
      assert.equal(text('.fuse_hidden0000000100000001'), 'old');
      ops.release(reading);
      ops.unlink(at('.fuse_hidden0000000100000001'));
    },
    left: { 'a.ics': 'new', 'a.ics.bak': 'old' },
    told: ['edited -', 'removed', 'edited a.ics'],
  },
  {
    program: 'cp over it, or a shell',
    run: ({ save }) => save('a.ics', 'new'),
    left: edited,
    told: ['edited a.ics'],
  },
  {
    program: 'install and cp --remove-destination',
    run({ ops, at, save }) {
      ops.unlink(at('a.ics'));
      save('a.ics', 'new');
    },
    left: edited,
    told: ['removed', 'edited a.ics'],
  },
  {
    program: 'rsync -a',
    run({ ops, at, save }) {
      save('.a.ics.AB12CD', 'new');
      ops.utimens(at('.a.ics.AB12CD'), 5000, 5000);
      ops.chmod(at('.a.ics.AB12CD'), 0o644);
      ops.rename(at('.a.ics.AB12CD'), at('a.ics'));
      assert.equal(ops.getattr(at('a.ics')).mtime, 5000);
    },
    left: edited,
    told: ['edited -', 'edited a.ics'],
  },
  {
    program: 'rsync --inplace',
    run({ ops, at }) {
      const fd = ops.open(at('a.ics'), constants.O_WRONLY);
      ops.write(fd, Buffer.from('ne'), 0);
      ops.ftruncate(fd, 2);
      ops.write(fd, Buffer.from('w'), 2);
      ops.flush(at('a.ics'), fd);
      ops.release(fd);
      ops.utimens(at('a.ics'), 5000, 5000);
    },
    left: edited,
    told: ['edited a.ics'],
  },
  {
    program: 'rsync --delay-updates',
    run({ ops, at, save }) {
      ops.mkdir(at('.~tmp~'), 0o700);
      save('.~tmp~/a.ics', 'new');
      ops.rename(at('.~tmp~/a.ics'), at('a.ics'));
      ops.rmdir(at('.~tmp~'));
    },
    left: edited,
    told: ['edited -', 'edited a.ics'],
  },
  {
    program: 'khal new, khard new, todoman new (link the temporary file, then unlink it)',
    run({ create, ops, at }) {
      const first = create('tmpab12cd34', '');
      ops.flush(at('a.ics'), first);
      ops.release(first);
      const fd = ops.open(at('tmpab12cd34'), constants.O_WRONLY);
      ops.truncate(at('tmpab12cd34'), 0);
      ops.write(fd, Buffer.from('item'), 0);
      ops.fsync(fd);
      const { mtime } = ops.getattr(at('tmpab12cd34'));
      ops.flush(at('a.ics'), fd);
      ops.link(at('tmpab12cd34'), at('n.ics'));
      ops.unlink(at('tmpab12cd34'));
      ops.release(fd);
      ops.fsyncdir();
      assert.equal(ops.getattr(at('n.ics')).mtime, mtime);
    },
    left: { 'a.ics': 'old', 'n.ics': 'item' },
    told: ['edited n.ics', 'edited n.ics'],
  },
  {
    program: 'khal and todoman on a change (rename the temporary file)',
    run({ create, ops, at }) {
      const fd = create('tmpab12cd34', 'new');
      ops.fsync(fd);
      const { mtime } = ops.getattr(at('tmpab12cd34'));
      ops.flush(at('a.ics'), fd);
      ops.release(fd);
      ops.rename(at('tmpab12cd34'), at('a.ics'));
      ops.fsyncdir();
      assert.equal(ops.getattr(at('a.ics')).mtime, mtime);
    },
    left: edited,
    told: ['edited -', 'edited a.ics'],
  },
  {
    program: 'khal delete',
    run({ ops, at }) {
      const fd = ops.open(at('a.ics'), constants.O_RDONLY);
      ops.fsync(fd);
      ops.flush(at('a.ics'), fd);
      ops.release(fd);
      ops.unlink(at('a.ics'));
    },
    left: {},
    told: ['removed'],
  },
  {
    program: 'Python TemporaryFile, unlinked while open',
    run({ create, ops, at }) {
      const fd = create('tmpab12cd34', 'scratch');
      ops.rename(at('tmpab12cd34'), at('.fuse_hidden0000000100000001'));
      ops.write(fd, Buffer.from('!'), 7);
      const back = Buffer.alloc(10);
      assert.equal(back.subarray(0, ops.read(fd, back, 0)).toString(), 'scratch!');
      ops.flush(at('a.ics'), fd);
      ops.release(fd);
      ops.unlink(at('.fuse_hidden0000000100000001'));
    },
    left: { 'a.ics': 'old' },
    told: ['edited -'],
  },
  {
    program: 'VS Code (in place, r+)',
    run({ overwrite }) {
      overwrite('a.ics', 'new', { sync: true });
    },
    left: edited,
    told: ['edited a.ics'],
  },
];

describe('a save ends in the right tree, and the engine is told', () => {
  for (const { program, run, left, told } of patterns) {
    it(program, () => {
      const test = testFileSystem();
      run(script(test));
      assert.deepEqual(test.contents('/dav/cal'), left);
      assert.deepEqual(
        test.told.filter((event) => event !== 'touched'),
        told,
      );
    });
  }
});

/** The calls of a program, on names in the calendar. */
interface Script {
  readonly fs: TestFileSystem;
  readonly ops: TestFileSystem['ops'];
  readonly at: (name: string) => string;
  readonly text: (name: string) => string;
  readonly save: (name: string, text: string) => void;
  /** Leaves it open. */
  readonly create: (name: string, text: string) => number;
  /** Opens it, truncates, writes, closes. */
  readonly overwrite: (name: string, text: string, options: { readonly sync: boolean }) => void;
}

function script(fs: TestFileSystem): Script {
  const { ops } = fs;
  const at = (name: string): string => `/dav/cal/${name}`;
  return {
    fs,
    ops,
    at,
    text: (name) => fs.text(at(name)),
    save: (name, text) => fs.save(at(name), text),
    create(name, text) {
      const fd = ops.create(at(name), 0o600);
      if (text !== '') ops.write(fd, Buffer.from(text), 0);
      return fd;
    },
    overwrite(name, text, { sync }) {
      const fd = ops.open(at(name), constants.O_RDWR);
      ops.truncate(at(name), 0);
      ops.write(fd, Buffer.from(text), 0);
      if (sync) ops.fsync(fd);
      ops.flush(at('a.ics'), fd);
      ops.release(fd);
    },
  };
}
