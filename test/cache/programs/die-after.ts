import { openDatabase } from '../../../src/cache/database.ts';
import { journalSteps } from './journal-steps.ts';

/** Does as many steps as the command line says on the database named there, and is killed the moment the last one has returned. */
let left = Number(process.argv[3]);
for await (const _ of journalSteps(openDatabase(process.argv[2] ?? ''))) {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}
