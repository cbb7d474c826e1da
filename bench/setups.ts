import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ask } from '../src/app/control.ts';
import { type LiveMount, Pimsync } from './pimsync.ts';
import type { Account } from './server.ts';
import type { Setting } from './setting.ts';

/** An account in the mount, as the storage `dav`. */
export const withAccount = (account: Account, folder: string): Promise<Pimsync> =>
  Pimsync.prepare(
    folder,
    ({ mountpoint }) => `
${davStorage(account)}
[mount]
path = "${mountpoint}"
storages = ["dav"]
`,
  );

/** An account and vdirs kept in step, without a mount. */
export async function withCopy(account: Account, folder: string): Promise<Pimsync> {
  await mkdir(vdirsOf(folder), { recursive: true });
  return Pimsync.prepare(
    folder,
    () => `
${davStorage(account)}
${vdirStorage(folder)}
[pair.copy]
a = "dav"
b = "local"
collections = "from a"
`,
  );
}

/** Vdirs on side a and an account on side b, kept in step without a mount. */
export async function withPair(account: Account, folder: string): Promise<Pimsync> {
  await mkdir(vdirsOf(folder), { recursive: true });
  return Pimsync.prepare(
    folder,
    () => `
${vdirStorage(folder)}
${davStorage(account)}
[pair.bench]
a = "local"
b = "dav"
collections = "all"
`,
  );
}

/** Vdirs in the mount, as the storage `local`, without any network. */
export async function withVdirs(folder: string): Promise<Pimsync> {
  await mkdir(vdirsOf(folder), { recursive: true });
  return Pimsync.prepare(
    folder,
    ({ mountpoint }) => `
${vdirStorage(folder)}
[mount]
path = "${mountpoint}"
storages = ["local"]
write_delay = "200ms"
`,
  );
}

/** Two empty vdirs kept in step. */
export async function withNothing(folder: string): Promise<Pimsync> {
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  for (const path of [a, b]) await mkdir(path, { recursive: true });
  const vdir = (name: string, path: string): string =>
    `[storage.${name}]\ntype = "vdir/icalendar"\npath = "${path}"\n`;
  return Pimsync.prepare(
    folder,
    () => `
${vdir('one', a)}
${vdir('other', b)}
[pair.nothing]
a = "one"
b = "other"
collections = "all"
`,
  );
}

/** Where the vdirs are, a folder each. */
export const vdirsOf = (folder: string): string => join(folder, 'vdirs');

/** Nothing runs on its own while something is measured. */
const INTERVAL = 'interval = "1h"';

const davStorage = ({ url, username, password }: Account): string => `[storage.dav]
type = "caldav"
url = "${url.href}"
username = "${username}"
password = "${password}"
${INTERVAL}
`;

const vdirStorage = (folder: string): string => `[storage.local]
type = "vdir/icalendar"
path = "${vdirsOf(folder)}"
${INTERVAL}
`;

/** Mounted until the end of the benchmark, with everything in it and the engine idle. */
export async function mounted(pimsync: Pimsync, { atEnd }: Setting): Promise<LiveMount> {
  const mount = await pimsync.mount();
  atEnd(() => mount.stop());
  await syncNow(pimsync);
  return mount;
}

/** How long after the mount came about its engine may take to answer. */
const ANSWERS_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** Has the engine of the live mount synchronise; resolves when it is done. */
export async function syncNow({ socket }: Pimsync): Promise<void> {
  const request = { op: 'sync', selection: [], dryRun: false, allowEmpty: false } as const;
  const deadlineMs = Date.now() + ANSWERS_WITHIN_MS;
  let outcome = await ask(socket, request);
  while (outcome === undefined && Date.now() < deadlineMs) {
    await pause(LOOK_EVERY_MS);
    outcome = await ask(socket, request);
  }
  if (!isSuccess(outcome)) throw new Error(`the mount did not synchronise: ${JSON.stringify(outcome)}`);
}

const isSuccess = (outcome: unknown): boolean =>
  typeof outcome === 'object' && outcome !== null && 'failed' in outcome && outcome.failed === false;
