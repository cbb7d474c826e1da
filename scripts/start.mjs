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
// What is sent to the whole group (Ctrl-C, timeout(1)) reaches the mount by itself, and this process twice, as npm passes it on; what
// is sent to npm alone reaches only this process. SIGUSR2 ends the mount as the first Ctrl-C does, however often it comes.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGUSR2'));
process.on('SIGHUP', () => child.kill('SIGHUP'));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
