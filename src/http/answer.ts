import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import { ServerError } from '../core/errors.ts';
import { Oversized } from './refusal.ts';
import type { TransportAnswer } from './transport.ts';

/** Bounds what one answer may cost in memory. 10,000 items with their data are about 10 MB. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** An answer that was read to its end. */
export interface Answer {
  /** Where it came from at last, after redirects. */
  readonly url: URL;
  readonly status: number;
  readonly headers: TransportAnswer['headers'];
  readonly body: Buffer;
}

const unzipped = promisify(unzip);

/** Reads an answer to its end and undoes its compression. @throws Oversized, also for what only grows so large when unpacked */
export async function readBody({ headers, body }: TransportAnswer, maxBytes: number): Promise<Buffer> {
  const raw = await collect(body, maxBytes);
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || raw.length === 0) return raw;
  // Nothing else was asked for; some servers name gzip by its old name.
  if (!/^(x-gzip|gzip|deflate)$/.test(encoding)) throw new ServerError(`the answer is packed as ${encoding}`);
  try {
    return await unzipped(raw, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(maxBytes);
    throw new ServerError('the answer was cut short, or its compression is damaged', { cause });
  }
}

async function collect(body: TransportAnswer['body'], maxBytes: number): Promise<Buffer> {
  if (!body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop ends the stream, so that the rest is not waited for.
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

const tooLarge = (maxBytes: number): Oversized =>
  new Oversized(`the answer is larger than ${maxBytes / 1024 / 1024} MB (max_response)`);

/**
 * The body as UTF-8, whatever it came in: tsdav reads everything as UTF-8.
 * @returns the same bytes unless the header or the XML declaration names another encoding
 */
export function asUtf8({ body, headers }: Pick<Answer, 'body' | 'headers'>): Buffer {
  const declared =
    /charset\s*=\s*"?([\w.:-]+)/i.exec(headers.get('content-type') ?? '')?.[1] ??
    /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)/i.exec(body.toString('latin1', 0, 200))?.[1];
  if (declared === undefined || /^(utf-?8|us-ascii)$/i.test(declared)) return body;
  try {
    return Buffer.from(new TextDecoder(declared).decode(body));
  } catch {
    // An encoding that does not exist; the scan that follows tells whether it is readable all the same.
    return body;
  }
}
