/** Long, since nothing changes behind the kernel's back: remote changes are published through it. */
const CACHE_SECONDS = 3600;

/**
 * What libfuse is told. Fixed, for one wrong word makes libfuse fail after it has mounted. `direct_io`: each handle reads what it
 * was opened on. `use_ino`: our inode numbers, which outlive links, renames and remounts. `negative_timeout=0`: a name that is not
 * there may appear without the kernel. No `ro`: the engine publishes through a read-only mount too, so it is the file server who
 * refuses. No `auto_unmount`: an empty folder in the tree's place would pass for a tree with everything deleted.
 */
export function fuseOptions({ allowOther }: { readonly allowOther: boolean }): string {
  const options = [
    'direct_io',
    'use_ino',
    'big_writes',
    'default_permissions',
    'fsname=pimsync',
    'subtype=pimsync',
    `attr_timeout=${CACHE_SECONDS}`,
    `entry_timeout=${CACHE_SECONDS}`,
    'negative_timeout=0',
    ...(allowOther ? ['allow_other'] : []),
  ];
  return `-o${options.join(',')}`;
}
