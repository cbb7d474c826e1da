import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

/**
 * `save-like EDITOR NAME FILE`: saves the text of FILE, which is elsewhere, as NAME in the current directory, with the very calls
 * that the editor makes, for editors too large to install for a test.
 */
type Save = (name: string, text: string) => void;

/** Linux has it; Node has no name for it. */
const O_TMPFILE = 0o20200000;
const DEAD_LINK = 'somebody@example.4711:1700000000';

const PATTERNS: Readonly<Record<string, Save>> = {
  emacs: (name, text) => withEmacsLock(name, () => emacsSave(name, text)),

  'emacs-new': emacsSave,

  'emacs-backup-by-copying': (name, text) =>
    withEmacsLock(name, () => {
      copy(name, `${name}~`);
      write(name, 'w', text, fsyncSync);
    }),

  'emacs-precious': (name, text) =>
    withEmacsLock(name, () => {
      copy(name, `${name}~`);
      write('tmpvPzWdb', 'wx', text, fsyncSync);
      chmodSync('tmpvPzWdb', 0o644);
      renameSync('tmpvPzWdb', name);
    }),

  vscode(name, text) {
    const fd = openSync(name, existsSync(name) ? 'r+' : 'w');
    ftruncateSync(fd, 0);
    writeSync(fd, text);
    fdatasyncSync(fd);
    closeSync(fd);
  },

  'gio-backup'(name, text) {
    const temporary = '.goutputstream-K3Q1P2';
    const fd = openSync(temporary, 'wx');
    chmodSync(temporary, 0o644);
    writeSync(fd, text);
    renameSync(name, `${name}~`);
    renameSync(temporary, name);
    closeSync(fd);
  },

  qt(name, text) {
    if (takesNamelessFiles()) throw new Error('QSaveFile would link a file without a name, not rename one');
    write(`${name}.kXwQZb`, 'wx', text, fdatasyncSync);
    renameSync(`${name}.kXwQZb`, name);
  },

  jetbrains(name, text) {
    write(`${name}___jb_tmp___`, 'w', text, fsyncSync);
    if (existsSync(name)) renameSync(name, `${name}___jb_old___`);
    renameSync(`${name}___jb_tmp___`, name);
    if (existsSync(`${name}___jb_old___`)) unlinkSync(`${name}___jb_old___`);
  },

  libreoffice(name, text) {
    const lock = `.~lock.${name}#`;
    write(lock, 'wx', ',somebody,example,,;', fsyncSync);
    const fd = openSync(name, 'r+');
    ftruncateSync(fd, 0);
    for (const piece of text.match(/[^]{1,64}/g) ?? []) writeSync(fd, piece);
    fsyncSync(fd);
    closeSync(fd);
    unlinkSync(lock);
  },
};

function emacsSave(name: string, text: string): void {
  if (existsSync(name)) renameSync(name, `${name}~`);
  write(name, 'w', text, fsyncSync);
  closeSync(openSync(name, constants.O_WRONLY));
  chmodSync(name, 0o644);
}

function withEmacsLock(name: string, save: () => void): void {
  const [lock, autoSaved] = [`.#${name}`, `#${name}#`];
  symlinkSync(DEAD_LINK, lock);
  writeFileSync(autoSaved, readFileSync(name));
  save();
  unlinkSync(autoSaved);
  if (readlinkSync(lock) !== DEAD_LINK) throw new Error('the lock is not what it was');
  unlinkSync(lock);
}

/** What QSaveFile tries first, where the file system has it. */
function takesNamelessFiles(): boolean {
  try {
    closeSync(openSync('.', O_TMPFILE | constants.O_RDWR));
    return true;
  } catch {
    return false;
  }
}

function copy(name: string, to: string): void {
  writeFileSync(to, readFileSync(name), { flag: 'wx' });
  utimesSync(to, 1_600_000_000, 1_600_000_000);
}

function write(name: string, flags: string, text: string, sync: (fd: number) => void): void {
  const fd = openSync(name, flags);
  writeSync(fd, text);
  sync(fd);
  closeSync(fd);
}

const [editor = '', name = '', file = ''] = process.argv.slice(2);
const save = PATTERNS[editor];
if (!save) throw new Error(`nobody knows how ${editor} saves`);
save(name, readFileSync(file, 'utf8'));
