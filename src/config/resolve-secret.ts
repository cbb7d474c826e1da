import { readFile } from 'node:fs/promises';
import { AuthError, ConfigError } from '../core/errors.ts';
import { readHidden } from './prompt.ts';
import { runCommand } from './run-command.ts';
import { Secret, type SecretSource } from './secret.ts';

export interface ResolveOptions {
  /** The storage whose secret it is, for messages. */
  readonly storage: string;
  /** Where `env` looks, and what commands inherit. */
  readonly env: NodeJS.ProcessEnv;
  /** Asks a person without showing the answer; by default on the terminal. */
  readonly prompt?: (question: string, signal?: AbortSignal) => Promise<string>;
  /** Where commands run; `/` by default, so that they hold no folder of a mount. */
  readonly cwd?: string;
  /** How long a command may take; a minute by default, for agents that ask for a passphrase. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 60_000;

/** A secret that is not in the configuration itself. */
type Elsewhere = Exclude<SecretSource, { readonly type: 'text' }>;

/**
 * Fetches a secret from where the configuration says it is. Not cached here. What a command prints, or a file holds, never
 * gets into a message.
 * @throws ConfigError when the place is wrong: no such program, file or variable
 * @throws AuthError when the place is right and gives no secret
 */
export async function resolveSecret(source: SecretSource, options: ResolveOptions): Promise<Secret> {
  options.signal?.throwIfAborted();
  if (source.type === 'text') return source.secret;
  const text = (await fetchText(source, options)).replace(/\r?\n$/, '');
  const password = `storage "${options.storage}": the password`;
  if (text === '') throw new AuthError(`${password} is empty: ${nameOf(source)} gave nothing`);
  if (/[\r\n]/.test(text)) {
    const advice = `let ${nameOf(source)} give the password alone, for example with head -n 1`;
    throw new AuthError(`${password} has several lines; ${advice}`);
  }
  return new Secret(text);
}

async function fetchText(source: Elsewhere, options: ResolveOptions): Promise<string> {
  switch (source.type) {
    case 'command':
      return commandOutput(source.argv, nameOf(source), options);
    case 'shell':
      return commandOutput(['/bin/sh', '-c', source.script], nameOf(source), options);
    case 'file':
      return fileText(source.path, options.storage);
    case 'env':
      return variable(source.variable, options);
    case 'prompt':
      return (options.prompt ?? readHidden)(`Password for storage "${options.storage}": `, options.signal);
  }
  return source satisfies never;
}

/** How messages call the place. Arguments and scripts are not quoted: people write secrets into them. */
function nameOf(source: Elsewhere): string {
  switch (source.type) {
    case 'command':
      return `the command ${source.argv[0] ?? ''}`;
    case 'shell':
      return 'the shell command';
    case 'file':
      return `the file ${source.path}`;
    case 'env':
      return `the variable ${source.variable}`;
    case 'prompt':
      return 'the terminal';
  }
  return source satisfies never;
}

async function commandOutput(
  argv: readonly string[],
  name: string,
  { storage, env, cwd = '/', timeoutMs = TIMEOUT_MS, signal }: ResolveOptions,
): Promise<string> {
  const end = await runCommand(argv, { env, cwd, timeoutMs, signal });
  const subject = `storage "${storage}": ${name}, which should print the password,`;
  switch (end.type) {
    case 'done':
      return end.output;
    case 'no such program':
      throw new ConfigError(`${subject} is not there or not executable (${end.code})`);
    case 'failed':
      throw new AuthError(`${subject} failed (${end.how}); run it by hand to see why`);
    case 'timeout':
      throw new AuthError(`${subject} did not end within ${timeoutMs / 1000} s`);
    case 'flood':
      throw new AuthError(`${subject} printed more than any password has`);
    case 'not text':
      throw new AuthError(`${subject} printed something that is not UTF-8 text`);
  }
  return end satisfies never;
}

async function fileText(path: string, storage: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new ConfigError(`storage "${storage}": the password file ${path} cannot be read (${code})`, {
      cause,
    });
  }
}

function variable(name: string, { storage, env }: ResolveOptions): string {
  const value = env[name];
  if (value === undefined || value === '')
    throw new ConfigError(`storage "${storage}": the environment variable ${name} is not set or empty`);
  return value;
}
