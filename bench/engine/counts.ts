import { countAtMost, exactly, type Figure, type Target } from '../figure.ts';
import { CHANGED, CHANGES, QUIET } from './task.ts';
import { isWrite, type Watched } from './watch.ts';

/** A first batch is never smaller than the number of changes here. */
const BATCHES = 1;
const MAX_READING = 2 + BATCHES;
const MAX_WRITING = CHANGED + 1;

/** The worst of all sizes: what grows with the items that did not change shows in the largest. */
export function countFigures(runs: readonly (Watched & { readonly task: string })[]): Figure[] {
  const quiet = runs.filter(({ task }) => task === QUIET);
  const changes = runs.filter(({ task }) => task === CHANGES);
  const reading = largest(changes.map(({ requests }) => untilWrite(requests)));
  const writing = largest(changes.map(({ requests }) => requests.length - untilWrite(requests)));
  const asked = largest(quiet.map(({ requests }) => requests.length));
  const written = largest(quiet.map((run) => run.written.length + run.requests.filter(isWrite).length));
  return [
    count(`${CHANGES}: requests before the first write`, reading, countAtMost(MAX_READING, reading)),
    count(`${CHANGES}: requests from then on`, writing, countAtMost(MAX_WRITING, writing)),
    count(`${QUIET}: requests`, asked, exactly(1, asked)),
    count(`${QUIET}: files and items written, its own state included`, written, exactly(0, written)),
    ...lookFigures(runs),
  ];
}

const count = (what: string, value: number, target: Target): Figure => ({ what, value, unit: '', target });

function untilWrite(requests: Watched['requests']): number {
  const first = requests.findIndex(isWrite);
  return first === -1 ? requests.length : first;
}

/** No figure where nothing could count them. */
function lookFigures(runs: readonly Watched[]): Figure[] {
  if (runs.some(({ looks }) => !looks)) return [];
  const looks = runs.flatMap((run) => [...(run.looks?.values() ?? [])]);
  const worst = looks.find((number) => number !== 1) ?? 1;
  return [count('looks (stat) at each unchanged file of the vdir, any sync', worst, exactly(1, worst))];
}

const largest = (values: readonly number[]): number => Math.max(...values);
