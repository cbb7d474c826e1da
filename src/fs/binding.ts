import type Fuse from 'fuse-native';
import { MountError } from '../core/errors.ts';
import { preloadLibfuse } from './preload.ts';

export type FuseConstructor = typeof Fuse;

/**
 * Loads fuse-native, which is an optional dependency: everything but `mount` works without it.
 * @throws MountError with what to do when it is missing or does not load
 */
export async function loadFuse(
  load: () => Promise<{ default: FuseConstructor }> = async () => import('fuse-native'),
): Promise<FuseConstructor> {
  preloadLibfuse();
  try {
    return (await load()).default;
  } catch (error) {
    throw new MountError(`cannot load the FUSE binding: ${firstLine(error)}. ${remedy(error)}`, {
      cause: error,
    });
  }
}

function remedy(error: unknown): string {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64')
    return `fuse-native carries no libfuse for ${platform}: install libfuse 2 with its headers (Debian: libfuse-dev) and a compiler, then run "npm install fuse-native@npm:@cocalc/fuse-native"`;
  if (isMissing(error))
    return 'Install it with "npm install fuse-native"; on a musl system (Alpine) it needs fuse-dev and a compiler';
  return 'Install libfuse 2 (Debian: apt-get install libfuse2) or reinstall the package with "npm rebuild fuse-native"';
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND');

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
