import { curl, type WebRequest } from './curl.ts';

/** A request that was seen, with how many were under way when it came, itself included. */
export interface Recorded extends WebRequest {
  readonly atOnce: number;
}

/** Requests of one sort, one after the other or several at once; the next phase begins when all are answered. */
export interface Phase {
  readonly requests: readonly WebRequest[];
  readonly atOnce: number;
}

/** What was asked in the order and with the parallelism in which it was asked: a report in batches needs the list before it. */
export function toPhases(recorded: readonly Recorded[]): readonly Phase[] {
  const phases: { requests: Recorded[]; atOnce: number }[] = [];
  let sort: string | undefined;
  for (const request of recorded) {
    const last = phases.at(-1);
    const isSame = sort === sortOf(request);
    sort = sortOf(request);
    if (last && isSame) {
      last.requests.push(request);
      last.atOnce = Math.max(last.atOnce, request.atOnce);
    } else phases.push({ requests: [request], atOnce: request.atOnce });
  }
  return joinSingle(phases);
}

/**
 * Has curl ask for the same.
 * @param at where, in place of where it was asked
 * @returns the seconds it took, with a start of curl for each phase
 */
export async function replay(phases: readonly Phase[], at: URL): Promise<number> {
  let seconds = 0;
  for (const { requests, atOnce } of phases) {
    const there = requests.map(({ method, url, headers, body }) => ({
      method,
      url: new URL(url.pathname + url.search, at),
      headers,
      body,
    }));
    seconds += await curl(there, atOnce);
  }
  return seconds;
}

/** Method, and which report: a list is not asked for beside the batches that it leads to. */
const sortOf = ({ method, body }: WebRequest): string =>
  `${method} ${method === 'REPORT' ? (/<(?:\w+:)?([\w-]+)[\s>]/.exec(body)?.[1] ?? '') : ''}`;

/** What comes one by one anyway needs no curl for each. */
function joinSingle(phases: readonly Phase[]): Phase[] {
  const joined: Phase[] = [];
  for (const phase of phases) {
    const last = joined.at(-1);
    if (last?.atOnce === 1 && phase.atOnce === 1)
      joined.splice(-1, 1, { requests: [...last.requests, ...phase.requests], atOnce: 1 });
    else joined.push(phase);
  }
  return joined;
}
