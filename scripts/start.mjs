// npm start [-- DIR]: installs what is missing, builds, and runs `pimsync mount` in the foreground until Ctrl-C.
import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureBuild, ensurePackages, ROOT } from './setup.mjs';

ensurePackages();
ensureBuild();

const [first, ...others] = process.argv.slice(2);
// npm runs this in the repository; a relative DIR is meant from where npm was called.
const isDirectory = first !== undefined && !first.startsWith('-');
const args = isDirectory ? [resolve(process.env.INIT_CWD ?? '', first), ...others] : process.argv.slice(2);
const main = join(ROOT, 'dist', 'main.js');
const child = spawn(process.execPath, [main, 'mount', ...args], { cwd: homedir(), stdio: 'inherit' });
// The terminal sends Ctrl-C to both; the mount ends by itself and this process waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
