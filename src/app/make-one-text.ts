import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PimsyncError } from '../core/errors.ts';
import { type ItemKind, parseItem } from '../core/item.ts';
import { decodeUtf8 } from '../core/text.ts';

/** Two versions of an item, and what both sides had before where that is known. */
export interface Versions {
  readonly kind: ItemKind;
  readonly base: string | undefined;
  readonly a: string;
  readonly b: string;
}

/** What a program is run with. */
export interface ProgramInput {
  /** The versions of side a and b, in that order. */
  readonly files: readonly [a: string, b: string];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal | undefined;
}

/** Runs a program to its end. @returns why that was no success, `undefined` when it was one; rejects only when aborted */
export type RunProgram = (input: ProgramInput) => Promise<string | undefined>;

export type OneText =
  { readonly type: 'text'; readonly text: string } | { readonly type: 'left'; readonly reason: string };

/**
 * Has a program make two versions the same: it is given a file for each, and the path of one with what was there before in
 * `PIMSYNC_BASE`. It has decided when it ends with 0 and both files hold the same and are not empty; so every program for comparing files
 * will do (`vimdiff`, `meld`), and so do those written for vdirsyncer.
 */
export async function makeOneText(
  program: RunProgram,
  { kind, base, a, b }: Versions,
  { env, signal }: Pick<ProgramInput, 'env' | 'signal'>,
): Promise<OneText> {
  const folder = await mkdtemp(join(tmpdir(), 'pimsync-conflict-'));
  try {
    const put = async (name: string, text: string): Promise<string> => {
      const path = join(folder, name + (kind === 'calendar' ? '.ics' : '.vcf'));
      await writeFile(path, text, { mode: 0o600 });
      return path;
    };
    const files = [await put('a', a), await put('b', b)] as const;
    const baseFile = base === undefined ? undefined : await put('base', base);
    signal?.throwIfAborted();
    const failure = await program({ files, cwd: folder, env: { ...env, PIMSYNC_BASE: baseFile }, signal });
    signal?.throwIfAborted();
    return failure === undefined ? await agreedText(kind, files) : { type: 'left', reason: failure };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function agreedText(kind: ItemKind, [a, b]: ProgramInput['files']): Promise<OneText> {
  try {
    const [textA, textB] = [await read(a), await read(b)];
    if (textA.trim() === '' && textB.trim() === '')
      return { type: 'left', reason: 'the program emptied both files' };
    // Servers have an order of lines of their own, so that equal items need not be equal files.
    if (parseItem(kind, textA.trim()).hash === parseItem(kind, textB.trim()).hash)
      return { type: 'text', text: textA };
    return { type: 'left', reason: 'the program left both files different' };
  } catch (error) {
    const isOurs = error instanceof PimsyncError || (error as NodeJS.ErrnoException).code !== undefined;
    if (!isOurs) throw error;
    return { type: 'left', reason: `what the program made cannot be read: ${(error as Error).message}` };
  }
}

const read = async (path: string): Promise<string> => decodeUtf8(await readFile(path), path);
