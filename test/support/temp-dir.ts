import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh folder of one's own; `close` removes it with all that is in it. */
export async function tempDir(): Promise<{ readonly path: string; readonly close: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'pimsync-test-'));
  return { path, close: () => rm(path, { recursive: true, force: true }) };
}
