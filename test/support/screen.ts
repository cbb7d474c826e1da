import { readFile, writeFile } from 'node:fs/promises';
import type { Desk } from './desk.ts';
import { type Ends, eventually, isAlive, MAIN, run } from './program.ts';

export interface ScreenOptions {
  readonly args: readonly string[];
  /** In place of `pimsync -c CONFIG`. */
  readonly program?: readonly string[];
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

let count = 0;

/** The program in a terminal of its own, at which a test can type. */
export class Screen {
  readonly #socket: string;
  readonly #status: string;

  private constructor(socket: string, status: string) {
    this.#socket = socket;
    this.#status = status;
  }

  static async start(
    ends: Ends,
    desk: Pick<Desk, 'at' | 'place'>,
    { args, program, columns = 100, env = {} }: ScreenOptions,
  ): Promise<Screen> {
    count += 1;
    const socket = `pimsync-screen-${process.pid}-${count}`;
    const [script, status] = [desk.at(`${socket}.sh`), desk.at(`${socket}.status`)];
    const begin = program ?? [process.execPath, MAIN, '-c', desk.place.config];
    const words = [...begin, ...args].map((word) => `'${word}'`);
    const exports = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
    // Ctrl-C reaches the shell too.
    const lines = [
      'trap : INT',
      'export TERM=screen',
      ...exports,
      words.join(' '),
      `echo $? > '${status}.new'`,
    ];
    await writeFile(script, [...lines, `mv '${status}.new' '${status}'`, 'sleep 600', ''].join('\n'));
    const screen = new Screen(socket, status);
    await screen.#tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      String(columns),
      '-y',
      '50',
      `sh '${script}'`,
    );
    const pid = Number(await screen.#tmux('display-message', '-p', '#{pid}'));
    ends.add(async () => {
      await screen.#tmux('kill-server');
      await eventually('the end of the terminal', async () => !(await isAlive(pid)));
    });
    return screen;
  }

  /** What is on it now, without blanks at the ends of lines. */
  async text(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p')).replaceAll(/ +$/gm, '');
  }

  async shows(text: string): Promise<void> {
    await eventually(`"${text}" on the screen`, async () => {
      const now = await this.text();
      if (now.includes(text)) return true;
      throw new Error(now);
    });
  }

  async hides(text: string): Promise<void> {
    await eventually(`no "${text}" on the screen`, async () => !(await this.text()).includes(text));
  }

  /** A line. */
  async types(line: string): Promise<void> {
    await this.#tmux('send-keys', '-l', line);
    await this.presses('Enter');
  }

  async presses(key: string): Promise<void> {
    await this.#tmux('send-keys', key);
  }

  /** @returns the program's exit status */
  async ended(): Promise<string> {
    const status = await eventually('the end of the program', () => readFile(this.#status, 'utf8'));
    return status.trim();
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await run('tmux', ['-L', this.#socket, ...args]);
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
    return stdout;
  }
}
