import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { ItemKind } from '../core/item.ts';

/**
 * Runs a shell command on two files with the texts of both sides, at the terminal. It has decided when it ends with 0 and both files
 * are the same and not empty; so every program for comparing files will do (`vimdiff`, `meld`).
 * @returns what the files have
 * @throws UsageError when it has not; nothing is changed then
 */
export async function makeOneText(
  command: string,
  { kind, a, b }: { readonly kind: ItemKind; readonly a: string; readonly b: string },
  signal?: AbortSignal,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pimsync-conflict-'));
  try {
    const extension = kind === 'calendar' ? 'ics' : 'vcf';
    const [fileA, fileB] = [join(folder, `a.${extension}`), join(folder, `b.${extension}`)];
    await writeFile(fileA, a, { mode: 0o600 });
    await writeFile(fileB, b, { mode: 0o600 });
    const end = await runAtTerminal(command, [fileA, fileB], folder, signal);
    if (end !== 0) throw new UsageError(`not resolved: ${command} ended with ${end}; nothing was changed`);
    const [textA, textB] = [await readFile(fileA, 'utf8'), await readFile(fileB, 'utf8')];
    if (textA.trim() === '' || textA.trim() !== textB.trim())
      throw new UsageError(
        `not resolved: ${command} did not make both files (${fileA} and ${fileB}) the same; nothing was changed`,
      );
    return textA;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runAtTerminal(
  command: string,
  files: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', `${command} "$@"`, 'pimsync', ...files], {
      cwd,
      stdio: 'inherit',
      ...(signal && { signal }),
    });
    child.once('error', reject);
    child.once('exit', (code, killedBy) => resolve(code ?? killedBy ?? 'an unknown end'));
  });
}
