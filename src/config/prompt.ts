import { constants, openSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ReadStream } from 'node:tty';
import { AuthError, ConfigError } from '../core/errors.ts';

/** The part of a terminal that asking needs. */
export interface Terminal {
  /** Characters as they are typed; the echo is off while somebody listens. */
  readonly input: AsyncIterable<Uint8Array>;
  readonly write: (text: string) => Promise<void>;
  readonly setEcho: (on: boolean) => void;
}

const ENTER = /[\r\n]/;
const END_OF_INPUT = '\u0004';
const INTERRUPT = '\u0003';
const ERASE = new Set(['\u007F', '\b']);
const ERASE_LINE = '\u0015';

/**
 * Asks on the terminal of the process, whatever stdin and stdout are, without showing the answer.
 * @throws ConfigError when there is no terminal
 * @throws AuthError when the person gives up (Ctrl-C, Ctrl-D)
 */
export async function readHidden(question: string, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted();
  const output = await openTerminal();
  const input = new ReadStream(openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY));
  const setEcho = (on: boolean): void => void input.setRawMode(!on);
  const giveUp = (): void => {
    setEcho(true);
    input.destroy(signal?.reason as Error);
  };
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    const write = async (text: string): Promise<void> => void (await output.write(text));
    return await askHidden({ input: input.iterator({ destroyOnReturn: false }), write, setEcho }, question);
  } finally {
    signal?.removeEventListener('abort', giveUp);
    input.destroy();
    await output.close();
  }
}

async function openTerminal(): Promise<FileHandle> {
  try {
    return await open('/dev/tty', constants.O_WRONLY | constants.O_NOCTTY);
  } catch (cause) {
    const advice = 'use { command = [..] } or { file = ".." } in place of { prompt = true }';
    throw new ConfigError(`a password is to be typed, but there is no terminal; ${advice}`, { cause });
  }
}

/** The dialogue itself: question, hidden line, line break; the echo is on again afterwards in any case. */
export async function askHidden(terminal: Terminal, question: string): Promise<string> {
  await terminal.write(question);
  terminal.setEcho(false);
  try {
    return await readLine(terminal.input);
  } finally {
    terminal.setEcho(true);
    await terminal.write('\n');
  }
}

async function readLine(input: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let typed: string[] = [];
  for await (const bytes of input) {
    for (const character of decoder.decode(bytes, { stream: true })) {
      if (ENTER.test(character)) return typed.join('');
      if (character === INTERRUPT || (character === END_OF_INPUT && typed.length === 0))
        throw new AuthError('no password was typed');
      if (ERASE.has(character)) typed.pop();
      else if (character === ERASE_LINE) typed = [];
      else if (character >= ' ') typed.push(character);
    }
  }
  throw new AuthError('the terminal was closed before a password was typed');
}
