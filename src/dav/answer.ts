import { Oversized } from './refusal.ts';

/** Bounds what one answer may cost in memory. 10,000 items with their data are about 10 MB. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** An answer that was read to its end. */
export interface Answer {
  /** Where it came from at last, after redirects. */
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** @throws Oversized */
export async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  if (!response.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the stream, so that the rest is not waited for.
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Oversized(`the answer is larger than ${maxBytes / 1024 / 1024} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

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
