// Run after `npm install` on a machine whose registry lacks packages of other platforms: npm leaves those out of the lock file, and
// `npm ci` then refuses the file everywhere. This adds what the optional dependencies name, for npm to skip by platform.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './setup.mjs';

const PLATFORMS = new Set(['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'wasm32']);
const CPUS = new Set(['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x']);

const path = join(ROOT, 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));
for (const { optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] !== undefined || !/^\d/.test(version)) continue;
    lock.packages[key] = { version, ...platformOf(name), dev: true, optional: true };
  }
}
const root = lock.packages[''];
delete lock.packages[''];
const sorted = Object.entries(lock.packages).toSorted(([one], [other]) => (one < other ? -1 : 1));
lock.packages = { '': root, ...Object.fromEntries(sorted) };
writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`);

function platformOf(name) {
  const words = name.split(/[/-]/);
  const cpu = words.find((word) => CPUS.has(word));
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined;
  return {
    ...(cpu && { cpu: [cpu] }),
    ...(libc && { libc: [libc] }),
    os: words.filter((word) => PLATFORMS.has(word)),
  };
}
