/** Where a fault is: the keys from the top of the file down, array positions as numbers. */
export type KeyPath = readonly (string | number)[];

/** Something that is wrong with a configuration. */
export interface Fault {
  readonly at: KeyPath;
  /** What is wrong, what was expected, what to do; never a value that may be secret. */
  readonly message: string;
}

/** `storage.personal.url`, `pair.p.collections[1]`; keys that TOML would quote are quoted. */
export function keyText(path: KeyPath): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += `${text === '' ? '' : '.'}${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)}`;
  }
  return text;
}
