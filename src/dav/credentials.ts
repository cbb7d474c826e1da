/** Who we are to the server. */
export interface Credentials {
  /** Value of the Authorization header; `undefined` where none is configured. */
  authorization(): Promise<string | undefined>;
  /** What must not appear in any message: the password and the forms it travels in. Empty before `authorization` was called. */
  secrets(): readonly string[];
}

/**
 * RFC 7617, in UTF-8 as its section 2.1 recommends; tsdav's own helper would send Latin-1, and throw on `€`.
 * @param password is asked at most once, when the first request needs it
 */
export function basicCredentials(
  username: string | undefined,
  password: () => Promise<string | undefined>,
): Credentials {
  let asked: Promise<string | undefined> | undefined;
  let secrets: readonly string[] = [];
  const ask = async (): Promise<string | undefined> => {
    const secret = await password();
    if (username === undefined || secret === undefined) return undefined;
    const token = Buffer.from(`${username}:${secret}`, 'utf8').toString('base64');
    secrets = [token, secret, encodeURIComponent(secret)];
    return `Basic ${token}`;
  };
  return {
    authorization: async () => (username === undefined ? undefined : await (asked ??= ask())),
    secrets: () => secrets,
  };
}
