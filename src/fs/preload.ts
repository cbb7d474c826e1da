import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';

/** Not in Node's constants: keeps the library loaded although Node closes it again, as it is no addon. glibc's number. */
const RTLD_NODELETE = 0x1000;

type Dlopen = (target: object, file: string, flags: number) => void;

/**
 * Loads the libfuse that fuse-native carries, so that the addon finds it under its soname. The addon is linked without an rpath,
 * so `require` alone fails wherever no libfuse2 is installed. `dlopen` complains that the library is no addon, and leaves it loaded.
 */
export function preloadLibfuse(
  dlopen: Dlopen = (target, file, flags) => process.dlopen(target, file, flags),
): void {
  const library = findBundledLibfuse();
  if (library === undefined) return;
  try {
    dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch {
    // Always thrown. If the library really did not load, the import of the addon fails next and says why.
  }
}

/** Where the package was published with it, then where its install script copies it. */
function findBundledLibfuse(): string | undefined {
  let folder: string;
  try {
    folder = path.dirname(createRequire(import.meta.url).resolve('fuse-native/package.json'));
  } catch {
    return undefined;
  }
  const platform = `${process.platform}-${process.arch}`;
  return [
    path.join(folder, 'prebuilds', platform, 'libfuse.so'),
    path.join(folder, 'build', 'Release', 'libfuse.so'),
  ].find((file) => existsSync(file));
}
