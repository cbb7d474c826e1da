// npm test [-- FILE..]: installs what is missing, builds, runs every test, and fails on anything that a test left behind.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuild, ensureDebian, ensurePackages, ROOT, say, SERVERS, TOOLS } from './setup.mjs';

ensurePackages();
ensureBuild();
ensureDebian({ ...SERVERS, ...TOOLS });

const files = process.argv.length > 2 ? process.argv.slice(2) : testFiles();
const scratch = mkdtempSync(join(tmpdir(), 'pimsync-test-'));
// Some tests run programs as another user.
chmodSync(scratch, 0o1777);
const runId = randomUUID();

const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', '--import', './test/support/leak-check.ts', '--test', '--test-concurrency=2', ...files],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, TMPDIR: scratch, PIMSYNC_TEST_RUN: runId } },
);

const leaks = [...leakedMounts(), ...leakedProcesses(), ...leakedFiles()];
for (const leak of leaks) say(`LEAKED: ${leak}`);
rmSync(scratch, { recursive: true, force: true });
process.exit(status !== 0 ? (status ?? 1) : leaks.length > 0 ? 1 : 0);

/** Slow ones (real servers, real kernel) first, so that the two cores stay busy to the end. */
function testFiles() {
  const all = listTests(join(ROOT, 'test'));
  const slow = all.filter((file) => /^test\/(mount|conformance|sync-servers|app)\//.test(file));
  return [...slow, ...all.filter((file) => !slow.includes(file))];
}

function listTests(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .toSorted();
}

function pimsyncMounts() {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes('fuse.pimsync'))
    .map((line) => line.split(' ')[4]);
}

function leakedMounts() {
  return pimsyncMounts()
    .filter((mountpoint) => mountpoint.startsWith(`${scratch}/`))
    .map((mountpoint) => {
      spawnSync('umount', ['-l', mountpoint]);
      return `mount ${mountpoint}`;
    });
}

/** Everything a test starts inherits the run's number; whoever still has it when the tests are over was left behind. */
function leakedProcesses() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => environmentOf(pid).includes(`PIMSYNC_TEST_RUN=${runId}`))
    .map((pid) => {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      process.kill(Number(pid), 'SIGKILL');
      return `process ${pid}: ${command}`;
    });
}

function environmentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

function leakedFiles() {
  // tsx keeps its compiled files there.
  return readdirSync(scratch)
    .filter((name) => !name.startsWith('tsx-'))
    .map((name) => `temporary file ${name}`);
}
