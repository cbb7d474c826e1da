import type { PropertyChanges, PropertyName } from './storage.ts';

/** Longer is no name and no description, but a stranger's file. */
export const MAX_PROPERTY_BYTES = 65_536;

/**
 * What a text means as the value of a property, in the one spelling that we write; `undefined` for a blank one and for one that
 * makes no sense. Idempotent.
 */
export function propertyValue(name: PropertyName, raw: string): string | undefined {
  // Editors end every file with a line break, which is no part of a name.
  const text = raw.trim();
  if (text === '') return undefined;
  if (name === 'color') return toColor(text);
  if (name === 'order') return /^-?\d+(\.\d+)?$/.test(text) ? text : undefined;
  return isCarried(text) ? text : undefined;
}

export interface SortedChanges {
  /** In the spelling that we write; `undefined`: to be taken away. */
  readonly wanted: PropertyChanges;
  /** What nobody could keep, with the reason. */
  readonly refused: ReadonlyMap<PropertyName, string>;
}

/** Tells changes that can be made from those that make no sense. A blank value takes the property away, as a blank file does. */
export function sortChanges(changes: PropertyChanges): SortedChanges {
  const wanted = new Map<PropertyName, string | undefined>();
  const refused = new Map<PropertyName, string>();
  for (const [name, raw = ''] of changes) {
    const value = propertyValue(name, raw);
    if (value === undefined && raw.trim() !== '') refused.set(name, whySenseless(name));
    else wanted.set(name, value);
  }
  return { wanted, refused };
}

function whySenseless(name: PropertyName): string {
  if (name === 'color') return 'a colour is written as #RRGGBB';
  if (name === 'order') return 'an order is a decimal number';
  return `it is longer than ${MAX_PROPERTY_BYTES} bytes, or has characters that neither files nor servers carry`;
}

/** `#RRGGBB`, also from what servers and people write beside it: `#rgb`, `rrggbb`, and Apple's `#RRGGBBAA`. */
function toColor(text: string): string | undefined {
  const hex = /^#?([\dA-F]{3}|[\dA-F]{6}|[\dA-F]{8})$/i.exec(text)?.[1]?.toUpperCase();
  if (hex === undefined) return undefined;
  return `#${hex.length === 3 ? hex.replaceAll(/./g, '$&$&') : hex.slice(0, 6)}`;
}

/** XML has no place for control characters, UTF-8 none for halves of characters, and what was not UTF-8 in a file is lost. */
const isCarried = (text: string): boolean =>
  // oxlint-disable-next-line no-control-regex -- these are the characters to keep out
  !/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFD-\uFFFF]|\p{Surrogate}/u.test(text) &&
  Buffer.byteLength(text) <= MAX_PROPERTY_BYTES;
