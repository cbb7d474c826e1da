import { UnreachableError } from '../core/errors.ts';

/** Connections that end on their own: the server was restarted, or closed an idle one at the very moment we used it. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

const CERTIFICATE =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|CERT_.*|ERR_TLS_CERT_.*)$/;

const EXPLAINED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name could not be looked up; is there a network?',
  ENETUNREACH: 'the network cannot be reached',
  EHOSTUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  ECONNRESET: 'the server closed the connection',
  EPIPE: 'the server closed the connection',
  UND_ERR_SOCKET: 'the server closed the connection',
};

/** Whether the connection broke after the request may have been sent: nobody knows if it was carried out. */
export const isBrokenConnection = (error: unknown): boolean => BROKEN.has(codeOf(error) ?? '');

/** What the transport threw, as an error of ours. Its messages hold neither headers nor bodies. */
export function connectionError(what: string, error: unknown): UnreachableError {
  const code = codeOf(error);
  const reason = (code === undefined ? undefined : EXPLAINED[code]) ?? messageOf(error);
  const advice =
    code !== undefined && CERTIFICATE.test(code)
      ? '; if the server has a certificate of its own making, name it in tls_root'
      : '';
  return new UnreachableError(`${what}: ${reason}${advice}`, { cause: error });
}

/** undici wraps the system's error, sometimes in an AggregateError for the addresses it tried. */
function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return undefined;
}

function messageOf(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  return deepest instanceof Error ? deepest.message : String(deepest);
}
