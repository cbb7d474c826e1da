// npm run bench: the figures of the README, on a fresh machine too. The programs are in bench/.
import { join } from 'node:path';
import { ensureBuild, ensureDebian, ensurePackages, ROOT, run, SERVERS } from './setup.mjs';

ensurePackages();
ensureBuild();
ensureDebian({
  ...SERVERS,
  curl: 'curl',
  vdirsyncer: 'vdirsyncer',
  bindfs: 'bindfs',
  rclone: 'rclone',
  fusermount3: 'fuse3',
});
run(process.execPath, ['--import', 'tsx', join(ROOT, 'bench', 'main.ts'), ...process.argv.slice(2)]);
