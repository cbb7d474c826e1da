// Installs what is missing on a fresh machine. Plain JavaScript without packages: it runs before there are any.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Says what is being done, on stderr: stdout belongs to the program that runs afterwards. */
export const say = (text) => process.stderr.write(`${text}\n`);

/** Ends the process with the child's status; what went wrong is on the terminal already. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (error) fail(`${command} cannot be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}

export function fail(text) {
  say(text);
  process.exit(1);
}

export function ensureNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `pimsync needs Node.js 20.19 or newer; this is ${process.version}. Install a current one from nodejs.org.`,
  );
}

/** `npm ci` unless node_modules was made from this very lock file. */
export function ensurePackages() {
  ensureNode();
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  const stamp = join(ROOT, 'node_modules', '.pimsync-lock');
  const wanted = `${lock} ${process.version.split('.')[0]}\n`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  ensureCompiler();
  say('Installing the npm packages (better-sqlite3 may be compiled, which takes a minute or two) …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: ['ignore', 2, 2] });
  writeFileSync(stamp, wanted);
}

/** better-sqlite3 is compiled where no prebuilt binary can be downloaded. */
function ensureCompiler() {
  const missing = ['python3', 'make', 'g++'].filter((command) => !onPath(command));
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && onPath('apt-get'))
    ensureDebian({ python3: 'python3', make: 'make', 'g++': 'g++' });
  else
    say(
      `If a prebuilt better-sqlite3 cannot be downloaded, these are needed to compile it: ${missing.join(', ')}.`,
    );
}

/** Builds dist/ when a source is newer than the last build. */
export function ensureBuild() {
  const stamp = join(ROOT, 'dist', 'main.js');
  const built = existsSync(stamp)
    ? (statSync(join(ROOT, 'dist', '.built'), { throwIfNoEntry: false })?.mtimeMs ?? 0)
    : 0;
  if (built > newest(join(ROOT, 'src'))) return;
  say('Building …');
  run(process.execPath, [join(ROOT, 'scripts', 'build.mjs')], { stdio: ['ignore', 2, 2] });
}

function newest(folder) {
  return readdirSync(folder, { recursive: true }).reduce(
    (latest, name) => Math.max(latest, statSync(join(folder, name)).mtimeMs),
    statSync(folder).mtimeMs,
  );
}

/**
 * Installs Debian packages whose command is missing, as root; otherwise says exactly what to install.
 * @param packages command → package
 * @returns the commands that are still missing
 */
export function ensureDebian(packages) {
  const missing = Object.keys(packages).filter((command) => !onPath(command));
  if (missing.length === 0) return [];
  const names = [...new Set(missing.map((command) => packages[command]))];
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    say(`Not installed: ${missing.join(', ')}. On Debian or Ubuntu: sudo apt-get install ${names.join(' ')}`);
    return missing;
  }
  say(`Installing Debian packages: ${names.join(' ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['ignore', 'ignore', 2] };
  const install = [
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    '-o',
    'DPkg::Lock::Timeout=120',
    ...names,
  ];
  if (spawnSync('apt-get', install, quiet).status !== 0) {
    spawnSync('apt-get', ['update', '-qq'], quiet);
    spawnSync('apt-get', install, quiet);
  }
  return missing.filter((command) => !onPath(command));
}

export function onPath(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Debian packages that the demo, the tests and the benchmark use, by the command each brings. */
export const SERVERS = { radicale: 'radicale', xandikos: 'xandikos' };
export const TOOLS = {
  khal: 'khal',
  khard: 'khard',
  todoman: 'todoman',
  vdirsyncer: 'vdirsyncer',
  vim: 'vim',
  nano: 'nano',
  ed: 'ed',
  patch: 'patch',
  gio: 'libglib2.0-bin',
  git: 'git',
  rsync: 'rsync',
  curl: 'curl',
  tmux: 'tmux',
  fusermount3: 'fuse3',
};
