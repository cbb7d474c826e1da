// npm run demo: the tour, on a fresh machine too. The tour itself is demo-tour.ts.
import { join } from 'node:path';
import { ensureBuild, ensureDebian, ensurePackages, fail, ROOT, run } from './setup.mjs';

ensurePackages();
ensureBuild();
const missing = ensureDebian({ radicale: 'radicale', vim: 'vim', khal: 'khal' });
if (missing.includes('radicale')) fail('The demo needs Radicale, a small CalDAV server.');
run(process.execPath, ['--import', 'tsx', join(ROOT, 'scripts', 'demo-tour.ts')]);
