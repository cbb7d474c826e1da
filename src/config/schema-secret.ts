import * as z from 'zod';
import { isPath } from './paths.ts';
import { Secret, type SecretSource } from './secret.ts';

/** The ways to name a secret that are not the secret itself. */
export const SECRET_FORMS = ['command', 'shell', 'file', 'env', 'prompt'] as const;
type SecretForm = (typeof SECRET_FORMS)[number];

const EXPECTED =
  'text, or one of { command = ["pass", "show", "dav"] }, { shell = ".." }, { file = ".." }, { env = ".." }, { prompt = true }';

type Reading = SecretSource | { readonly expected: string };

/** No message here ever has the value in it: it may be the secret, written in the wrong place. */
export const secretSource = z.unknown().transform((value, context): SecretSource => {
  const reading = readSecret(value);
  if (!('expected' in reading)) return reading;
  context.addIssue({ code: 'custom', message: reading.expected });
  return z.NEVER;
});

function readSecret(value: unknown): Reading {
  if (typeof value === 'string')
    return value === ''
      ? { expected: 'a text that is not empty' }
      : { type: 'text', secret: new Secret(value) };
  if (typeof value !== 'object' || value === null) return { expected: EXPECTED };
  const [entry, ...more] = Object.entries(value) as [string, unknown][];
  const form = SECRET_FORMS.find((known) => known === entry?.[0]);
  if (form === undefined || more.length > 0) return { expected: EXPECTED };
  return READERS[form](entry?.[1]);
}

const READERS: Readonly<Record<SecretForm, (value: unknown) => Reading>> = {
  command: (value) =>
    isWords(value)
      ? { type: 'command', argv: value }
      : { expected: 'a program and its arguments, such as { command = ["pass", "show", "dav"] }' },
  shell: (value) =>
    isText(value)
      ? { type: 'shell', script: value }
      : { expected: 'a script, such as { shell = "pass dav | head -1" }' },
  file: (value) =>
    isText(value) && isPath(value)
      ? { type: 'file', path: value }
      : { expected: 'the absolute path of a file, or one that begins with "~/"' },
  env: (value) =>
    isText(value) && /^\w+$/.test(value)
      ? { type: 'env', variable: value }
      : { expected: 'the name of an environment variable, such as { env = "DAV_PASSWORD" }' },
  prompt: (value) => (value === true ? { type: 'prompt' } : { expected: '{ prompt = true }' }),
};

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && !value.includes('\0');

const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value[0] !== '' &&
  value.length > 0 &&
  value.every((word) => typeof word === 'string' && !word.includes('\0'));
