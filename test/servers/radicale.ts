import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, type TestServer } from './server.ts';

export interface RadicaleOptions {
  readonly username?: string;
  readonly password?: string;
  /** The folder that its data folder is made in; absent: the one for temporary files. */
  readonly within?: string;
}

/** Radicale with one user (more can log in as owners of their own homes only if they are in its file). */
export function startRadicale(options: RadicaleOptions = {}): Promise<TestServer> {
  const { username = 'alice', password = 'secret' } = options;
  const home = `/${encodeURIComponent(username)}/`;
  return startServer({
    name: 'radicale',
    username,
    password,
    calendarHome: home,
    contactsHome: home,
    within: options.within,
    command(port, dataDir) {
      const users = join(dataDir, 'users');
      const config = join(dataDir, 'config');
      const storage = join(dataDir, 'storage');
      mkdirSync(storage, { recursive: true });
      writeFileSync(users, `${username}:${password}\n`, { mode: 0o600 });
      writeFileSync(config, configText({ port, users, storage }));
      return { file: 'radicale', args: ['--config', config] };
    },
  });
}

interface Places {
  readonly port: number;
  readonly users: string;
  readonly storage: string;
}

/** `delay = 0`: the default is a second for each failed log-in. */
const configText = ({ port, users, storage }: Places): string => `
[server]
hosts = 127.0.0.1:${port}
max_connections = 50
timeout = 120
[auth]
type = htpasswd
htpasswd_filename = ${users}
htpasswd_encryption = plain
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = ${storage}
[logging]
level = warning
`;
