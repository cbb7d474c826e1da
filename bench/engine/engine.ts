import { join } from 'node:path';
import { atMost, type Figure } from '../figure.ts';
import { type Phase, toPhases } from '../replay.ts';
import type { Setting } from '../setting.ts';
import { withNothing } from '../setups.ts';
import { median } from '../statistics.ts';
import { countFigures } from './counts.ts';
import { Patience, race } from './race.ts';
import { fillCalendar, setStage, type Stage } from './stage.ts';
import { upToStandIn } from './stand-in.ts';
import { changes, down, quiet, type Task, up } from './task.ts';
import { watch, type Watched } from './watch.ts';

const SIZES = [100, 1000, 10_000];
const ROUND_TRIPS_MS = [0, 30];
const MAX_MEGABYTES = 200;

/** A vdir and a CalDAV account kept in step, of several sizes and over several distances, beside curl and vdirsyncer. */
export async function engine(setting: Setting): Promise<readonly Figure[]> {
  const seconds = await startUp(setting);
  const trial = new Trial(seconds);
  const figures: Figure[] = [
    { what: 'start-up: `pimsync sync` of two empty vdirs', value: seconds, unit: 's' },
  ];
  const sizes = setting.quick ? SIZES.slice(0, 1) : SIZES;
  for (const events of sizes) {
    const stage = await setStage(events, setting);
    figures.push(...(await trial.firstUp(stage)));
    if (events === sizes.at(-1)) figures.push(...(await trial.firstUpToStandIn(stage)));
    await fillCalendar(stage);
    for (const task of [down, quiet, changes]) figures.push(...(await trial.measure(stage, task(stage))));
  }
  return [...figures, ...trial.memory(), ...trial.counts(setting.say)];
}

/** All that a sync needs before and after it has something to do. */
async function startUp({ quick, folder }: Setting): Promise<number> {
  const pimsync = await withNothing(join(folder, 'nothing'));
  await pimsync.timeSync();
  const seconds: number[] = [];
  for (let round = 0; round < (quick ? 3 : 9); round += 1) seconds.push(await pimsync.timeSync());
  return median(seconds);
}

/** All sizes, with what one tells the next and what was seen in passing. */
class Trial {
  readonly #startUp: number;
  readonly #patience = new Patience();
  readonly #watched: (Watched & { readonly task: string; readonly events: number })[] = [];

  constructor(startUp: number) {
    this.#startUp = startUp;
  }

  firstUp(stage: Stage): Promise<Figure[]> {
    return this.measure(stage, up(stage));
  }

  /** Over no distance: over any other, 10,000 requests tell only how many connections there are. */
  async firstUpToStandIn(stage: Stage): Promise<Figure[]> {
    const { task, recorder } = await upToStandIn(stage);
    try {
      return await this.measure(stage, task, { recorder, roundTripsMs: [0] });
    } finally {
      stage.door.target = stage.server.account.url;
    }
  }

  async measure(
    stage: Stage,
    task: Task,
    { recorder = stage.recorder, roundTripsMs = ROUND_TRIPS_MS } = {},
  ): Promise<Figure[]> {
    let phases: readonly Phase[] | undefined;
    const ask = async (): Promise<readonly Phase[]> => {
      if (phases) return phases;
      stage.setting.say(`${task.name}, ${stage.events} items: what pimsync asks for`);
      const watched = await watch(stage, task, recorder);
      this.#watched.push({ ...watched, task: task.name, events: stage.events });
      phases = toPhases(watched.requests);
      return phases;
    };
    const figures: Figure[] = [];
    for (const roundTripMs of roundTripsMs) {
      const heat = { stage, task, roundTripMs, startUp: this.#startUp, patience: this.#patience };
      figures.push(await race(heat, ask));
    }
    return figures;
  }

  /** Of the largest size. */
  memory(): Figure[] {
    const largest = Math.max(...this.#watched.map(({ events }) => events));
    return this.#watched
      .filter(({ events }) => events === largest)
      .map(({ task, events, peakMegabytes }) => ({
        what: `highest memory: ${task}, ${events.toLocaleString('en')} items`,
        value: peakMegabytes,
        unit: 'MB',
        target: atMost(MAX_MEGABYTES, peakMegabytes, `${MAX_MEGABYTES} MB`),
      }));
  }

  counts(say: Setting['say']): Figure[] {
    if (this.#watched.some(({ looks }) => looks === undefined))
      say('NOT COUNTED: how often files are looked at; it needs strace');
    return countFigures(this.#watched);
  }
}
