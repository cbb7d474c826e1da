import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, type TestServer } from './server.ts';

/** Xandikos with one principal and no log-in, which it does not know. It makes a calendar and an address book by itself. */
export function startXandikos(): Promise<TestServer> {
  return startServer({
    name: 'xandikos',
    username: undefined,
    password: undefined,
    calendarHome: '/alice/calendars/',
    contactsHome: '/alice/contacts/',
    command(port, dataDir) {
      const storage = join(dataDir, 'storage');
      mkdirSync(storage, { recursive: true });
      const args = ['-d', storage, '-l', '127.0.0.1', '-p', String(port), '--defaults'];
      return { file: 'xandikos', args: [...args, '--current-user-principal', '/alice/'] };
    },
  });
}
