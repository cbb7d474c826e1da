import { silentLogger } from '../../../src/lib/logger.ts';
import { createVdirStorage } from '../../../src/vdir/storage.ts';

/** Prints what the storage at that path says of its collections; for tests that need another user's rights. */
const [, , path = ''] = process.argv;
const storage = createVdirStorage({
  name: 'local',
  kind: 'calendar',
  path,
  readOnly: false,
  log: silentLogger,
});
process.stdout.write(
  JSON.stringify((await storage.discover()).map(({ id, readOnly }) => ({ id, readOnly }))),
);
