/** A person who can be asked. */
export interface Terminal {
  readonly columns: number;
  /** One line of what is typed; `undefined` at the end of the input (Ctrl-D). @throws the signal's reason */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
}

/** The parts of stdin and stdout that asking needs. */
interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

const DEFAULT_COLUMNS = 80;

/** The terminal that this process was started at; `undefined` where either of its streams goes elsewhere. */
export const terminalOf = ({ stdin, stdout }: Streams): Terminal | undefined =>
  stdin.isTTY === true && stdout.isTTY === true ? new LineTerminal({ stdin, stdout }) : undefined;

/** Reads whole lines, which the terminal itself lets people edit. Between questions nothing is read: an editor may be running. */
export class LineTerminal implements Terminal {
  readonly #stdin: Streams['stdin'];
  readonly #stdout: Streams['stdout'];
  #typed = '';
  #isOver = false;

  constructor({ stdin, stdout }: Streams) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    stdin.setEncoding('utf8');
    stdin.on('end', () => (this.#isOver = true));
  }

  get columns(): number {
    return this.#stdout.columns ?? DEFAULT_COLUMNS;
  }

  async ask(question: string, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    this.#stdout.write(question);
    while (!this.#typed.includes('\n')) {
      if (this.#isOver) {
        this.#stdout.write('\n');
        return undefined;
      }
      await this.#read(signal);
    }
    const end = this.#typed.indexOf('\n');
    const line = this.#typed.slice(0, end);
    this.#typed = this.#typed.slice(end + 1);
    return line.trim();
  }

  /** Waits for more of it, or its end. */
  #read(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#stdin.pause();
        this.#stdin.off('data', onData).off('end', onEnd);
        signal.removeEventListener('abort', onAbort);
      };
      const onData = (text: string | Buffer): void => {
        this.#typed += String(text);
        stop();
        resolve();
      };
      const onEnd = (): void => {
        stop();
        resolve();
      };
      const onAbort = (): void => {
        stop();
        reject(signal.reason as Error);
      };
      this.#stdin.on('data', onData).on('end', onEnd);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#stdin.resume();
    });
  }
}
