import { inspect } from 'node:util';

/** A password or the like. It prints as `[redacted]` wherever something prints it; only `reveal` gives it out. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for the one place that sends it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

/** Where a secret comes from; it is fetched when it is needed, not when the configuration is read. */
export type SecretSource =
  | { readonly type: 'text'; readonly secret: Secret }
  /** Run without a shell; a leading `~/` of each word is expanded already. */
  | { readonly type: 'command'; readonly argv: readonly string[] }
  | { readonly type: 'shell'; readonly script: string }
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'env'; readonly variable: string }
  | { readonly type: 'prompt' };
