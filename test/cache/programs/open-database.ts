import { openDatabase } from '../../../src/cache/database.ts';

/** Opens the database named on the command line and leaves a mark in it. */
const db = openDatabase(process.argv[2] ?? '');
db.exec('UPDATE counter SET seq = seq + 1');
db.close();
