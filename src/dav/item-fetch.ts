import type { Fetched, Href } from '../core/storage.ts';
import type { Manner } from '../http/guarded-fetch.ts';
import { statusOf } from '../http/refusal.ts';
import { CONNECTIONS_PER_ORIGIN } from '../http/transport.ts';
import { BatchSize } from './batch-size.ts';
import { dataProps, multigetReport, queryReport } from './dialect.ts';
import { fetchOne, takeEntries } from './item-reading.ts';
import { itemPath, type Site, urlOf } from './site.ts';
import { isTooMuch } from './too-much.ts';

/** How long a server counts as slow at multiget; it may be replaced by a better one. */
const SLOW_FOR_MS = 30 * 24 * 60 * 60 * 1000;
/**
 * One that the server works at, and one that waits for it or is on its way. Radicale, one process of Python, needs twice as long for
 * four at once as for four in a row (bench/first-sync).
 */
const BATCHES_AT_ONCE = 2;
/** Answered batches that wait to be taken; more are not asked for meanwhile. */
const MAX_READY = 1;
/** Below that a query for everything costs more than it saves. */
const WORTH_A_QUERY = 100;

/**
 * Reads items in batches and gives them as they come; the next one is asked for as soon as an answer is there, not when it was
 * dealt with. At most four batches are in memory, however large the collection is.
 * @param listed how many items the collection has, where that is known
 */
export async function* fetchItems(
  site: Site,
  hrefs: readonly Href[],
  listed: number | undefined,
  signal?: AbortSignal,
): AsyncGenerator<Fetched, void> {
  signal?.throwIfAborted();
  const stopped = new AbortController();
  const reader = new Reader(site, { hrefs, listed }, stopped.signal);
  const stop = (): void => stopped.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    yield* reader.run();
  } finally {
    // Also when the caller leaves half way: nobody waits for the batches under way any more.
    signal?.removeEventListener('abort', stop);
    stopped.abort(new DOMException('no longer wanted', 'AbortError'));
  }
}

interface ReadOutcome {
  readonly type: 'read';
  readonly fetched: readonly Fetched[];
}

interface FailedOutcome {
  readonly type: 'failed';
  readonly error: unknown;
}

type Outcome = ReadOutcome | FailedOutcome | { readonly type: 'too much'; readonly hrefs: readonly Href[] };

class Reader {
  readonly #site: Site;
  readonly #listed: number | undefined;
  readonly #signal: AbortSignal;
  readonly #size = new BatchSize();
  readonly #ready: (ReadOutcome | FailedOutcome)[] = [];
  #waiting: readonly Href[];
  #next = 0;
  #running = 0;
  #answered = false;
  #queried = false;
  #wake: () => void = () => {};

  constructor(
    site: Site,
    wanted: { readonly hrefs: readonly Href[]; readonly listed: number | undefined },
    signal: AbortSignal,
  ) {
    this.#site = site;
    this.#listed = wanted.listed;
    this.#signal = signal;
    this.#waiting = [...new Set(wanted.hrefs)].filter((href) => itemPath(site, href) === href);
  }

  async *run(): AsyncGenerator<Fetched, void> {
    while (this.#left() > 0 || this.#running > 0 || this.#ready.length > 0) {
      this.#askForMore();
      const outcome = this.#ready.shift();
      if (outcome?.type === 'failed') throw outcome.error;
      if (outcome) {
        this.#askForMore();
        yield* outcome.fetched;
      } else if (this.#running > 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else if (this.#shallQuery()) {
        rememberSlow(this.#site);
        yield* this.#queryAll();
      }
    }
  }

  #askForMore(): void {
    while (
      this.#left() > 0 &&
      this.#running < this.#width() &&
      this.#ready.length <= MAX_READY &&
      !this.#shallQuery()
    )
      void this.#start();
  }

  /** Never rejects, so that no failure of a batch goes unheard while another is waited for. */
  async #start(): Promise<void> {
    this.#running += 1;
    const outcome = await this.#batch();
    this.#running -= 1;
    this.#answered = true;
    if (outcome.type === 'too much') this.#requeue(outcome.hrefs);
    else this.#ready.push(outcome);
    if (outcome.type !== 'failed') this.#askForMore();
    this.#wake();
  }

  /** One at a time until the server has shown how it is; Xandikos goes on working at what we give up on. */
  #width(): number {
    return this.#answered ? BATCHES_AT_ONCE : 1;
  }

  #left(): number {
    return this.#waiting.length - this.#next;
  }

  #take(count: number): readonly Href[] {
    const taken = this.#waiting.slice(this.#next, this.#next + count);
    this.#next += taken.length;
    return taken;
  }

  #requeue(hrefs: readonly Href[]): void {
    this.#waiting = [...this.#waiting.slice(this.#next), ...hrefs];
    this.#next = 0;
  }

  async #batch(): Promise<Outcome> {
    const hrefs = this.#take(this.#size.get());
    try {
      return { type: 'read', fetched: await this.#multiget(hrefs) };
    } catch (error) {
      return isTooMuch(error) ? { type: 'too much', hrefs } : { type: 'failed', error };
    }
  }

  async #multiget(hrefs: readonly Href[]): Promise<readonly Fetched[]> {
    const site = this.#site;
    const startedMs = site.nowMs();
    const manner: Manner = { limit: 'report', signal: this.#signal };
    try {
      const parts = site.client.report(
        urlOf(site, site.info.href),
        multigetReport(site.dialect, hrefs),
        '1',
        manner,
      );
      const open = new Map<string, Href>(hrefs.map((href) => [href, href]));
      const fetched: Fetched[] = [];
      for await (const { entries } of parts) fetched.push(...takeEntries(site, open, entries));
      this.#size.succeeded(hrefs.length, { ms: site.nowMs() - startedMs, chars: sizeOf(fetched) });
      return [...fetched, ...(await this.#oneByOne([...open.values()]))];
    } catch (error) {
      if (isTooMuch(error) && this.#size.wasTooMuch(hrefs.length)) throw error;
      // sabre 1.8 answers 404 for the whole report when one href is gone; a broken item may fail it too.
      if (!isTooMuch(error) && !isRefusedReport(error)) throw error;
      return this.#oneByOne(hrefs);
    }
  }

  async #oneByOne(hrefs: readonly Href[]): Promise<Fetched[]> {
    const fetched: Fetched[] = [];
    for (let at = 0; at < hrefs.length; at += CONNECTIONS_PER_ORIGIN) {
      const few = hrefs.slice(at, at + CONNECTIONS_PER_ORIGIN);
      const answers = await Promise.all(few.map((href) => fetchOne(this.#site, href, this.#signal)));
      fetched.push(...answers.filter((answer) => answer !== undefined));
    }
    return fetched;
  }

  /** Whether to go over to one query for everything, once the batches under way are done. */
  #shallQuery(): boolean {
    const left = this.#left();
    const isWorthIt = left >= WORTH_A_QUERY && left * 2 > (this.#listed ?? 0);
    return isWorthIt && !this.#queried && (this.#size.isSlow() || knowsSlow(this.#site));
  }

  /** Everything in one answer. What it lacks stays waiting, and so does all if the server will not have it. */
  async *#queryAll(): AsyncGenerator<Fetched, void> {
    this.#queried = true;
    const site = this.#site;
    const open = new Map<string, Href>(this.#take(this.#left()).map((href) => [href, href]));
    const body = queryReport(site.dialect, dataProps(site.dialect));
    const manner: Manner = { limit: 'report', signal: this.#signal };
    try {
      for await (const { entries } of site.client.report(urlOf(site, site.info.href), body, '1', manner))
        yield* takeEntries(site, open, entries);
    } catch (error) {
      if (!isTooMuch(error) && !isRefusedReport(error)) throw error;
    }
    this.#requeue([...open.values()]);
  }
}

const sizeOf = (fetched: readonly Fetched[]): number =>
  fetched.reduce((sum, one) => sum + (one.type === 'item' ? one.item.text.length : 0), 0);

/** Refusals of the report as such; the items may be served one by one. */
function isRefusedReport(error: unknown): boolean {
  const status = statusOf(error);
  if (status === undefined || isTooMuch(error)) return false;
  return status !== 401 && status !== 429 && !(status >= 502 && status <= 504);
}

const SLOW = 'multiget-slow-until';
const rememberSlow = ({ memo, nowMs }: Site): void => memo.set(SLOW, String(nowMs() + SLOW_FOR_MS));
const knowsSlow = ({ memo, nowMs }: Site): boolean => Number(memo.get(SLOW) ?? 0) > nowMs();
