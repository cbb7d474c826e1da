import { InvalidItemError } from './errors.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Bytes to text without losing any: what is not UTF-8 is refused instead of being replaced, a BOM is kept.
 * @param what names the bytes in the message, for example a file name
 * @throws InvalidItemError
 */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return strict.decode(bytes);
  } catch (cause) {
    throw new InvalidItemError(
      `${what} is not UTF-8 text; convert it (for example with iconv) to have it synchronised`,
      { cause },
    );
  }
}
