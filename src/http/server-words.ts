import { scanXml, XmlFault } from './xml-scan.ts';

const MAX_WORDS = 200;
/** Beyond that nothing of use to a person follows; error pages can be megabytes. */
const MAX_SCANNED = 64 * 1024;

/** What the body of a refusal says. */
interface ServerWords {
  /** Names of the preconditions that failed, without namespace (RFC 4918, 16), as servers spell them. */
  readonly conditions: readonly string[];
  readonly words: string | undefined;
}

/**
 * Reads the body of a refusal: DAV error documents, HTML pages, plain text. Never throws.
 * @param secrets are blotted out: some error pages repeat the request's headers
 */
export function readServerWords(body: Buffer, contentType: string, secrets: readonly string[]): ServerWords {
  const bytes = body.subarray(0, MAX_SCANNED);
  const isHtml =
    /html/i.test(contentType) || /^\s*<(!doctype html|html)/i.test(bytes.toString('latin1', 0, 200));
  const { conditions, words } = isHtml ? fromHtml(bytes) : (fromXml(bytes) ?? fromText(bytes));
  return { conditions, words: words === undefined ? undefined : tidy(words, secrets) };
}

/** Elements that servers put human words into: sabre's `message`, RFC 4918's `responsedescription`. */
const HUMAN = new Set(['message', 'responsedescription', 'reason', 'detail']);
/** Technical company of the conditions in sabre's error documents. */
const NO_CONDITION = new Set([
  'exception',
  'message',
  'sabredav-version',
  'header',
  'retry-after',
  'hint',
  'file',
  'line',
  'code',
  'stacktrace',
]);

function fromXml(bytes: Buffer): ServerWords | undefined {
  const conditions: string[] = [];
  const words: string[] = [];
  let insideErrorAt: number | undefined;
  try {
    scanXml(bytes, {
      open({ local, namespace }, depth) {
        if (insideErrorAt !== undefined && depth === insideErrorAt + 1 && !NO_CONDITION.has(local))
          conditions.push(local);
        if (local === 'error' && namespace === 'DAV:') insideErrorAt ??= depth;
      },
      close({ local }, depth, text) {
        if (depth === insideErrorAt) insideErrorAt = undefined;
        if (text && HUMAN.has(local)) words.push(text.text);
      },
    });
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    if (conditions.length === 0 && words.length === 0) return undefined;
  }
  return { conditions: [...new Set(conditions)], words: words.length === 0 ? undefined : words.join(' ') };
}

function fromHtml(bytes: Buffer): ServerWords {
  const html = bytes.toString('utf8');
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(html)?.[1];
  const heading = /<h1[^>]*>([^<]*)<\/h1>/i.exec(html)?.[1];
  return { conditions: [], words: [title, heading].find((text) => text !== undefined && text.trim() !== '') };
}

function fromText(bytes: Buffer): ServerWords {
  const text = bytes.toString('utf8');
  // What was meant as markup and is broken says nothing to a person.
  return { conditions: [], words: text.trimStart().startsWith('<') ? undefined : text };
}

function tidy(words: string, secrets: readonly string[]): string | undefined {
  let text = words;
  for (const secret of secrets) if (secret.length > 2) text = text.replaceAll(secret, '[redacted]');
  // oxlint-disable-next-line no-control-regex -- a terminal would obey them
  const line = text.replaceAll(/[\u0000-\u001F\u007F-\u009F\s]+/g, ' ').trim();
  if (line === '') return undefined;
  return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS - 1)}…` : line;
}
