/** Who we are to the server. */
export interface Credentials {
  /** Value of the Authorization header; `undefined` where none is configured. */
  authorization(): Promise<string | undefined>;
  /** What must not appear in any message: the password and the forms it travels in. Empty before `authorization` was called. */
  secrets(): readonly string[];
}

/**
 * RFC 7617, in UTF-8 as its section 2.1 recommends; tsdav's own helper would send Latin-1, and throw on `€`.
 * @param password is asked when the first request needs it, and never again once it was told; after a failure the next request asks anew
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
    async authorization() {
      if (username === undefined) return undefined;
      // A locked agent may be open by the next request.
      asked ??= ask().catch((error: unknown) => {
        asked = undefined;
        throw error;
      });
      return asked;
    },
    secrets: () => secrets,
  };
}
