import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FrontDoor } from '../front-door.ts';
import type { Pimsync } from '../pimsync.ts';
import { RecordingProxy } from '../recording-proxy.ts';
import type { Recorded } from '../replay.ts';
import { type Account, FilledServer } from '../server.ts';
import type { Setting } from '../setting.ts';
import { vdirsOf, withPair } from '../setups.ts';
import { Vdirsyncer } from '../vdirsyncer.ts';
import { Snapshots } from './snapshots.ts';

const CALENDAR = 'cal';
/** How often the calendar is on the server's disk at most: as it is now, and as snapshots. */
const COPIES = 6;

/** A program that keeps a vdir and the calendar in step. */
export interface Contender {
  readonly name: 'pimsync' | 'vdirsyncer';
  /** Its copy of the calendar. */
  readonly vdir: string;
  /** As before its first sync. */
  readonly forget: () => Promise<void>;
  /** @returns the seconds it took */
  readonly sync: () => Promise<number>;
}

/**
 * A calendar of a certain size on a server, the way there, and the programs, each with a vdir of its own. All of them always go
 * through the same door, so that what they remember of the server stays true.
 */
export interface Stage {
  /** How many items the calendar has when it is full. */
  readonly events: number;
  readonly server: FilledServer;
  /** Where the server keeps the calendar, and what it was at other times. */
  readonly calendar: string;
  readonly snapshots: Snapshots;
  readonly door: FrontDoor;
  readonly recorder: RecordingProxy;
  readonly home: Pimsync;
  readonly pimsync: Contender;
  /** Absent where it is not installed. */
  readonly vdirsyncer: Contender | undefined;
  /** Whose vdir was filled from the full calendar. */
  readonly inStep: Set<Contender>;
  readonly setting: Setting;
}

/** The calendar is there, and empty; the snapshot `empty` is the same. The vdirs are empty folders. */
export async function setStage(events: number, setting: Setting): Promise<Stage> {
  const server = await FilledServer.start(setting, { [CALENDAR]: 0 }, events * COPIES);
  const calendar = join(server.calendars, CALENDAR);
  const snapshots = new Snapshots(calendar, server.spare);
  await snapshots.take('empty');
  const door = await FrontDoor.start(server.account.url, setting);
  const account: Account = { ...server.account, url: door.url };
  const folder = join(setting.folder, `pimsync-${events}`);
  const home = await withPair(account, folder);
  const pimsync: Contender = {
    name: 'pimsync',
    vdir: join(vdirsOf(folder), CALENDAR),
    forget: () => home.forget(),
    sync: () => home.timeSync(),
  };
  await mkdir(pimsync.vdir);
  const recorder = await RecordingProxy.start(server.account, setting);
  const vdirsyncer = await prepareVdirsyncer(account, join(setting.folder, `vdirsyncer-${events}`));
  const inStep = new Set<Contender>();
  return { events, server, calendar, snapshots, door, recorder, home, pimsync, vdirsyncer, inStep, setting };
}

async function prepareVdirsyncer(account: Account, folder: string): Promise<Contender | undefined> {
  const vdirsyncer = await Vdirsyncer.prepare(folder, account);
  return (
    vdirsyncer && {
      name: 'vdirsyncer',
      vdir: join(vdirsyncer.collections, CALENDAR),
      forget: () => vdirsyncer.forget(),
      sync: () => vdirsyncer.sync(),
    }
  );
}

/** Fills the calendar; the snapshot `full` is the same. */
export async function fillCalendar({ events, server, calendar, snapshots, setting }: Stage): Promise<void> {
  setting.say(`filling a calendar with ${events} events`);
  snapshots.willChange();
  await rm(calendar, { recursive: true });
  await server.fill(CALENDAR, events);
  await snapshots.take('full');
}

/** What is asked of the server during `run`, which is not to be timed. */
export async function recorded(
  { door }: Stage,
  recorder: RecordingProxy,
  run: () => Promise<void>,
): Promise<readonly Recorded[]> {
  const { target } = door;
  door.roundTripMs = 0;
  door.target = recorder.account.url;
  recorder.take();
  try {
    await run();
  } finally {
    door.target = target;
  }
  return recorder.take();
}

export const itemsIn = async (folder: string): Promise<number> =>
  (await readdir(folder)).filter((name) => name.endsWith('.ics')).length;
