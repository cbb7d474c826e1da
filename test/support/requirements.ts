import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Things of the machine that some tests need, and where they come from. */
const NEEDED = {
  radicale: { found: () => isProgram('radicale'), remedy: 'apt install radicale' },
  xandikos: { found: () => isProgram('xandikos'), remedy: 'apt install xandikos' },
  vdirsyncer: { found: () => isProgram('vdirsyncer'), remedy: 'apt install vdirsyncer' },
  khal: { found: () => isProgram('khal'), remedy: 'apt install khal' },
  khard: { found: () => isProgram('khard'), remedy: 'apt install khard' },
  todoman: { found: () => isProgram('todoman') || isProgram('todo'), remedy: 'apt install todoman' },
  vim: { found: () => isProgram('vim'), remedy: 'apt install vim' },
  nano: { found: () => isProgram('nano'), remedy: 'apt install nano' },
  ed: { found: () => isProgram('ed'), remedy: 'apt install ed' },
  patch: { found: () => isProgram('patch'), remedy: 'apt install patch' },
  gio: { found: () => isProgram('gio'), remedy: 'apt install libglib2.0-bin' },
  git: { found: () => isProgram('git'), remedy: 'apt install git' },
  rsync: { found: () => isProgram('rsync'), remedy: 'apt install rsync' },
  curl: { found: () => isProgram('curl'), remedy: 'apt install curl' },
  openssl: { found: () => isProgram('openssl'), remedy: 'apt install openssl' },
  tmux: { found: () => isProgram('tmux'), remedy: 'apt install tmux' },
  strace: { found: () => isProgram('strace'), remedy: 'apt install strace' },
  fuse: {
    found: () => canOpen('/dev/fuse') && (isProgram('fusermount') || isProgram('fusermount3')),
    remedy: 'apt install fuse3, and a kernel with /dev/fuse',
  },
} as const satisfies Record<string, { found: () => boolean; remedy: string }>;

export type Requirement = keyof typeof NEEDED;

const told = new Set<Requirement>();

/**
 * For `skip` of node:test: `undefined` when the thing is there, else why the test cannot run, which is also told loudly. Where
 * `CI=true` nothing may be missing, so that a test cannot be lost without anybody noticing.
 */
export function requirement(name: Requirement): string | undefined {
  const { found, remedy } = NEEDED[name];
  if (found()) return undefined;
  const reason = `${name} is not on this machine (${remedy})`;
  if (process.env['CI'] === 'true') throw new Error(`CI has to run every test, but ${reason}`);
  if (!told.has(name)) process.stderr.write(`SKIPPED: ${reason}\n`);
  told.add(name);
  return reason;
}

const isProgram = (name: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name)));

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function canOpen(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
