import type { Logger } from '../lib/logger.ts';
import { problemLines, summaryLines } from '../sync/report-lines.ts';
import type { PairReport } from '../sync/report.ts';

/** Tells what runs in the background have to say: each problem once, not at every interval, and again when it comes back. */
export class ReportPrinter {
  readonly #log: Logger;
  readonly #told = new Map<string, ReadonlySet<string>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  print(report: PairReport): void {
    const problems = new Set(problemLines(report));
    const before = this.#told.get(report.pair) ?? new Set<string>();
    for (const problem of problems) if (!before.has(problem)) this.#log.warn({}, problem);
    if (before.size > 0 && problems.size === 0) this.#log.warn({}, `${report.pair}: all well again`);
    for (const line of summaryLines(report)) this.#log.info({}, line);
    this.#told.set(report.pair, problems);
  }
}
