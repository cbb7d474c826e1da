import * as z from 'zod';

const EXPECTED = 'a program, or one with arguments such as ["/home/me/bin/hook", "--quiet"]';

/** A program to be run without a shell: a text is the program alone, as vdirsyncer has it. */
export const program = z.unknown().transform((value, context): readonly string[] => {
  const words: unknown = typeof value === 'string' ? [value] : value;
  if (isCommand(words)) return words;
  context.addIssue({ code: 'custom', message: EXPECTED });
  return z.NEVER;
});

/** A program and its arguments. */
export const isCommand = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value[0] !== '' &&
  value.every((word) => typeof word === 'string' && !word.includes('\0'));
