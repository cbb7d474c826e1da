import { allOf, atMost, type Figure, type Peer } from '../figure.ts';
import { type Phase, replay } from '../replay.ts';
import { interleaved } from '../statistics.ts';
import type { Contender, Stage } from './stage.ts';
import { DOWN, QUIET, type Task, UP } from './task.ts';
import { isWrite } from './watch.ts';

const MAX_TIMES_FLOOR = 1.3;
/** What would take longer is not run. */
const MAX_SECONDS = 150;
const ROUNDS = 3;
/** No further round begins after that. */
const WITHIN_SECONDS = 6;
/** How many times faster than vdirsyncer it has to be at that size and distance; elsewhere, as fast. */
const TIMES_FASTER: ReadonlyMap<string, number> = new Map([
  [UP, 3],
  [DOWN, 3],
  [QUIET, 1.5],
]);
const FASTER_AT = { events: 1000, roundTripMs: 30 };

/** Who took how long for fewer items, so that what takes too long is not begun. */
export class Patience {
  readonly #took = new Map<string, { readonly events: number; readonly seconds: number }>();

  /** Whether it would take too long if its time grew with the number of items; most grow faster. */
  isExhausted(who: string, events: number): boolean {
    const smaller = this.#took.get(who);
    return smaller !== undefined && (smaller.seconds * events) / smaller.events > MAX_SECONDS;
  }

  /** @param seconds infinite where it was not run */
  took(who: string, events: number, seconds: number): void {
    this.#took.set(who, { events, seconds });
  }
}

/** A task at a certain distance from the server. */
export interface Heat {
  readonly stage: Stage;
  readonly task: Task;
  readonly roundTripMs: number;
  /** Seconds that a sync of nothing takes. */
  readonly startUp: number;
  readonly patience: Patience;
}

/**
 * How long pimsync, curl with the same requests, and vdirsyncer take.
 * @param ask finds out what pimsync asks the server for; not called where it would take too long
 */
export async function race(heat: Heat, ask: () => Promise<readonly Phase[]>): Promise<Figure> {
  const { stage, task, patience } = heat;
  const mayRun = (one: Contender): boolean =>
    task.isOpenTo(one) && !patience.isExhausted(keyOf(heat, one.name), stage.events);
  if (!mayRun(stage.pimsync)) return notRun(heat);
  const phases = await ask();
  stage.setting.say(labelOf(heat));
  stage.door.roundTripMs = heat.roundTripMs;
  const rival = stage.vdirsyncer && mayRun(stage.vdirsyncer) ? stage.vdirsyncer : undefined;
  const seconds = await interleaved(
    stage.setting.quick ? 1 : ROUNDS,
    {
      curl: () => timeCurl(heat, phases),
      disk: () => task.keep?.() ?? Promise.resolve(0),
      pimsync: () => time(task, stage.pimsync),
      vdirsyncer: () => (rival ? time(task, rival) : Promise.resolve(Infinity)),
    },
    WITHIN_SECONDS,
  );
  for (const [name, took] of Object.entries(seconds)) patience.took(keyOf(heat, name), stage.events, took);
  return toFigure(heat, seconds);
}

async function time({ prepare, check }: Task, contender: Contender): Promise<number> {
  await prepare(contender);
  const seconds = await contender.sync();
  await check(contender);
  return seconds;
}

async function timeCurl({ stage, task }: Heat, phases: readonly Phase[]): Promise<number> {
  await stage.snapshots.restore(task.before);
  if (phases.some(({ requests }) => requests.some(isWrite))) stage.snapshots.willChange();
  return replay(phases, stage.door.url);
}

function toFigure(
  heat: Heat,
  seconds: Readonly<Record<'curl' | 'disk' | 'pimsync' | 'vdirsyncer', number>>,
): Figure {
  const { pimsync: value, vdirsyncer } = seconds;
  const floor = seconds.curl + seconds.disk + heat.startUp;
  const floorTarget = atMost(MAX_TIMES_FLOOR * floor, value, `${MAX_TIMES_FLOOR} × (${floorOf(heat)})`);
  const times = timesFaster(heat);
  const rivalTarget = atMost(vdirsyncer / times, value, times === 1 ? 'vdirsyncer' : `vdirsyncer ÷ ${times}`);
  return {
    what: labelOf(heat),
    value,
    unit: 's',
    peers: peers(heat, floor, Number.isFinite(vdirsyncer) ? vdirsyncer : undefined),
    target: allOf(Number.isFinite(vdirsyncer) ? [floorTarget, rivalTarget] : [floorTarget]),
  };
}

function timesFaster({ task, stage, roundTripMs }: Heat): number {
  const isThere = stage.events === FASTER_AT.events && roundTripMs === FASTER_AT.roundTripMs;
  return (isThere ? TIMES_FASTER.get(task.name) : undefined) ?? 1;
}

function notRun(heat: Heat): Figure {
  const { stage, patience } = heat;
  for (const name of ['pimsync', 'vdirsyncer']) patience.took(keyOf(heat, name), stage.events, Infinity);
  return { what: labelOf(heat), value: undefined, unit: 's', peers: peers(heat, undefined, undefined) };
}

const peers = (heat: Heat, floor: number | undefined, vdirsyncer: number | undefined): Peer[] => [
  { name: floorOf(heat), value: floor },
  ...(heat.stage.vdirsyncer ? [{ name: 'vdirsyncer', value: vdirsyncer }] : []),
];

const floorOf = ({ task }: Heat): string => `curl + start-up${task.keep ? ' + disk' : ''}`;

const labelOf = ({ task, stage, roundTripMs }: Heat): string =>
  `${task.name}, ${stage.events.toLocaleString('en')} items, ${roundTripMs} ms`;

const keyOf = ({ task, roundTripMs }: Heat, who: string): string => `${who}: ${task.name}, ${roundTripMs} ms`;
