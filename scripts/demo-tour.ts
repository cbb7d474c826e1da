import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RawDav } from '../test/servers/raw-dav.ts';
import type { TestServer } from '../test/servers/server.ts';
import { startRadicale } from '../test/servers/radicale.ts';

/**
 * `npm run demo`: a real server on loopback, mounted, edited with a real editor, changed on the server, and used while the server is
 * away. Every step is checked; the first that does not happen ends the tour with status 1.
 */
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** Far more than any step takes; a tour that hangs is a tour that failed. */
const STEP_DEADLINE_MS = 30_000;
const POLL_MS = 100;

const EVENT = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//pimsync//demo//EN
BEGIN:VEVENT
UID:standup@demo
DTSTAMP:20261122T080000Z
DTSTART:20261123T090000Z
DTEND:20261123T091500Z
SUMMARY:Standup
LOCATION:Room 1
END:VEVENT
END:VCALENDAR
`;
const CONTACT = `BEGIN:VCARD
VERSION:3.0
UID:ada@demo
FN:Ada Lovelace
N:Lovelace;Ada;;;
EMAIL:ada@example.com
END:VCARD
`;

type Tour = Awaited<ReturnType<typeof prepare>>;

const tour = await prepare();
try {
  await showMount(tour);
  await editInTheMount(tour);
  await changeOnTheServer(tour);
  await workOffline(tour);
  heading('That was the tour');
  tell('To mount your own account: npm start, then read mount.example.toml.');
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp(tour);
}

async function prepare() {
  const folder = await mkdtemp(join(tmpdir(), 'pimsync-demo-'));
  heading('A CalDAV and CardDAV server');
  const server = await startRadicale();
  tell(`Radicale runs at ${server.url.href} with an empty account.`);
  const dav = new RawDav(server);
  const work = await dav.makeCollection('calendar', 'work', 'Work');
  const friends = await dav.makeCollection('contact', 'friends', 'Friends');
  const standup = new URL('standup.ics', work);
  await dav.put(standup, EVENT);
  await dav.put(new URL('ada.vcf', friends), CONTACT);
  tell('Put one event into the calendar "work" and one contact into the address book "friends".');
  const config = join(folder, 'mount.toml');
  await writeFile(config, configText(folder, server), { mode: 0o600 });
  return {
    folder,
    server,
    dav,
    standup,
    config,
    mountpoint: join(folder, 'calendars'),
    mount: undefined as ChildProcess | undefined,
  };
}

function configText(folder: string, { url, username = '', password = '' }: TestServer): string {
  const account = `url = "${url.href}"\nusername = "${username}"\npassword = "${password}"\ninterval = "1s"\n`;
  return `state_path = "${folder}/state"

[storage.personal]
type = "caldav"
${account}
[storage.contacts]
type = "carddav"
${account}
[mount]
path = "${folder}/calendars"
storages = ["personal", "contacts"]
write_delay = "500ms"
`;
}

async function showMount(tour: Tour): Promise<void> {
  heading('The account as files');
  show(`pimsync mount ${tour.mountpoint}`);
  tour.mount = spawn(process.execPath, [MAIN, '-c', tour.config, 'mount'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const item = join(tour.mountpoint, 'personal/work/standup.ics');
  await until('the event to appear in the mount', async () =>
    (await readFile(item, 'utf8')).includes('Standup'),
  );
  await until('the contact to appear in the mount', async () =>
    (await readdir(join(tour.mountpoint, 'contacts/friends'))).includes('ada.vcf'),
  );
  await command('ls', ['-lR', tour.mountpoint]);
  await command('cat', [item]);
}

async function editInTheMount(tour: Tour): Promise<void> {
  heading('An edit with an editor arrives on the server');
  const item = join(tour.mountpoint, 'personal/work/standup.ics');
  await command('vim', ['-es', '-u', 'NONE', '-c', '%s/Room 1/Room 2/', '-c', 'wq', item]);
  await until('the server to have the edit', async () => (await serverText(tour)).includes('Room 2'));
  tell('The server has it now:');
  print(await serverText(tour));
}

async function changeOnTheServer(tour: Tour): Promise<void> {
  heading('A change on the server shows in the mount');
  await tour.dav.put(
    tour.standup,
    (await serverText(tour)).replace('SUMMARY:Standup', 'SUMMARY:Standup (moved to 10)'),
  );
  tell('Somebody renamed the event on the server.');
  const item = join(tour.mountpoint, 'personal/work/standup.ics');
  await until('the mount to show it', async () => (await readFile(item, 'utf8')).includes('moved to 10'));
  await command('grep', ['SUMMARY', item]);
}

async function workOffline(tour: Tour): Promise<void> {
  heading('Offline');
  await tour.server.halt();
  tell('The server is switched off. The files are still there, and can be edited:');
  const item = join(tour.mountpoint, 'personal/work/standup.ics');
  await command('sed', ['-i', 's/Room 2/The garden/', item]);
  await command('grep', ['LOCATION', item]);
  await until('status to show the edit as waiting', async () =>
    (await statusText(tour.config)).includes('pending'),
  );
  await command(process.execPath, [MAIN, '-c', tour.config, 'status'], 'pimsync status');
  await tour.server.restart();
  tell('The server is back.');
  await until('the edit to arrive', async () => (await serverText(tour)).includes('The garden'));
  tell('The edit that was made offline has arrived:');
  print(
    (await serverText(tour))
      .split('\n')
      .filter((line) => line.startsWith('LOCATION'))
      .join('\n'),
  );
}

async function cleanUp({ folder, server, mount, mountpoint, config }: Tour): Promise<void> {
  heading('Unmounting');
  if (mount?.exitCode === null) {
    const ended = new Promise<number | null>((resolve) => {
      mount.once('exit', resolve);
    });
    const unmounted = await run(process.execPath, [MAIN, '-c', config, 'unmount', mountpoint]);
    if (unmounted.status !== 0) {
      process.exitCode = 1;
      process.stderr.write(unmounted.text);
      mount.kill('SIGTERM');
    }
    tell(`pimsync unmount: done, the mount ended with status ${await ended}.`);
  }
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** What the server has of the event, asked for by plain HTTP. */
async function serverText({ dav, standup }: Tour): Promise<string> {
  const text = await dav.get(standup);
  if (text === undefined) throw new Error(`${standup.href} is gone from the server`);
  return text;
}

async function statusText(config: string): Promise<string> {
  return (await run(process.execPath, [MAIN, '-c', config, 'status'])).text;
}

/** Shows a command as one would type it, runs it, and shows what it prints; a failure ends the tour. */
async function command(
  program: string,
  args: readonly string[],
  typed = [program, ...args].join(' '),
): Promise<void> {
  show(typed);
  const { status, text } = await run(program, args);
  print(text);
  if (status !== 0) throw new Error(`${typed} ended with status ${status}`);
}

function run(program: string, args: readonly string[]): Promise<{ status: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: STEP_DEADLINE_MS });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (text += data.toString()));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, text }));
  });
}

/** Asks again until it is so; not being there yet counts as no. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + STEP_DEADLINE_MS;
  while (Date.now() < deadline) {
    if (await isSo().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`waited ${STEP_DEADLINE_MS / 1000} s in vain for ${what}`);
}

function heading(text: string): void {
  process.stdout.write(`\n== ${text} ==\n`);
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

function show(text: string): void {
  process.stdout.write(`$ ${text}\n`);
}

function print(text: string): void {
  if (text.trim() !== '') process.stdout.write(`${text.trimEnd().replaceAll(/^/gm, '    ')}\n`);
}
