import { isUtf8 } from 'node:buffer';
import { decodeUtf8 } from '../core/text.ts';

/** A feed as text that can be taken apart. */
export interface Decoded {
  readonly text: string;
  /** A piece of `text` as it is meant. @throws InvalidItemError for a piece that is not UTF-8 */
  readonly decode: (piece: string) => string;
}

/**
 * iCalendar is UTF-8, whatever the header says: many servers name Latin-1 for everything. Only where it cannot be UTF-8 the header is
 * believed. Where nothing fits, each item is decoded by itself, so that a wrong byte in one does not cost the others.
 */
export function decodeFeed(body: Buffer, contentType: string): Decoded {
  if (isUtf8(body)) return { text: body.toString('utf8'), decode: (piece) => piece };
  const declared = decodeDeclared(body, contentType);
  if (declared !== undefined) return { text: declared, decode: (piece) => piece };
  return {
    text: body.toString('latin1'),
    decode: (piece) => decodeUtf8(Buffer.from(piece, 'latin1'), 'the text'),
  };
}

function decodeDeclared(body: Buffer, contentType: string): string | undefined {
  const charset = /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1];
  if (charset === undefined || /^utf-?8$/i.test(charset)) return undefined;
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    // No such encoding, or the text is not in it either.
    return undefined;
  }
}
