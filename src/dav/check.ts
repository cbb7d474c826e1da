import { AuthError, ForbiddenError, PimsyncError, ServerError, UnreachableError } from '../core/errors.ts';
import type { CollectionInfo } from '../core/storage.ts';
import { type Dav, type DavStorageOptions, openDav } from './storage.ts';

/** What is looked at, in this order; each needs the one before. */
export type CheckStepName = 'password' | 'reach' | 'log-in' | 'account' | 'collections';

export interface CheckStep {
  readonly name: CheckStepName;
  readonly ok: boolean;
  /** What was found or what failed; a line. */
  readonly detail: string;
  /** The next thing to try; only where something failed. */
  readonly remedy: string | undefined;
}

export interface DavCheck {
  readonly ok: boolean;
  /** Ends with the first that failed. */
  readonly steps: readonly CheckStep[];
  /** The same for people. */
  readonly lines: readonly string[];
}

/** Whether an account can be reached and read, from the configured URL on, whatever was remembered. Changes nothing on the server. */
export async function checkDav(options: DavStorageOptions, signal?: AbortSignal): Promise<DavCheck> {
  const dav = openDav(options);
  const steps: CheckStep[] = [];
  try {
    await lookAround(dav, steps, signal);
  } catch (error) {
    if (error instanceof PimsyncError) steps.push(...failureSteps(error, steps));
    else if (!(error instanceof PasswordMissing)) throw error;
  } finally {
    await dav.guard.close();
  }
  return { ok: steps.every(({ ok }) => ok), steps, lines: steps.flatMap(toLines) };
}

async function lookAround(dav: Dav, steps: CheckStep[], signal?: AbortSignal): Promise<void> {
  const { homes, dialect, options } = dav;
  await askPassword(dav, steps);
  const { principal, places } = await homes.find(signal);
  steps.push(good('reach', `${options.url.origin} answers`));
  steps.push(
    good(
      'log-in',
      options.username === undefined ? 'no user name is configured, none was asked for' : 'accepted',
    ),
  );
  const where = places.map(({ type, url }) => `${type} ${url.href}`).join(', ');
  steps.push(good('account', `${principal ? `principal ${principal.href}, ` : 'no principal; '}${where}`));
  const collections = await homes.list(signal);
  const names = collections.map(describeCollection).join(', ');
  steps.push(
    good(
      'collections',
      `${collections.length} ${dialect.collectionWord}(s)${names === '' ? '' : `: ${names}`}`,
    ),
  );
}

/** By itself, so that a password that cannot be had is not taken for one that was refused. Told only when it fails. */
async function askPassword({ guard }: Dav, steps: CheckStep[]): Promise<void> {
  try {
    await guard.askCredentials();
  } catch (error) {
    if (!(error instanceof PimsyncError)) throw error;
    const remedy = 'mend where the password comes from; nothing was asked of the server yet';
    steps.push({ name: 'password', ok: false, detail: error.message, remedy });
    throw new PasswordMissing('the password is missing', { cause: error });
  }
}

class PasswordMissing extends Error {}

const describeCollection = ({ id, readOnly }: CollectionInfo): string =>
  readOnly ? `${id} (read-only)` : id;

const good = (name: CheckStepName, detail: string): CheckStep => ({
  name,
  ok: true,
  detail,
  remedy: undefined,
});

/** The step that failed, and those before it that must have gone well for it to fail so. */
function failureSteps(error: PimsyncError, done: readonly CheckStep[]): CheckStep[] {
  const bad = (name: CheckStepName, remedy: string): CheckStep => ({
    name,
    ok: false,
    detail: error.message,
    remedy,
  });
  const before = (names: readonly CheckStepName[]): CheckStep[] =>
    names.filter((name) => !done.some((step) => step.name === name)).map((name) => good(name, 'well'));
  if (done.some(({ name }) => name === 'account'))
    return [
      bad('collections', 'the account was found, but cannot be listed; try again later, or ask the provider'),
    ];
  if (error instanceof UnreachableError)
    return [bad('reach', 'check url, the network, and that the server is running')];
  if (error instanceof AuthError)
    return [
      ...before(['reach']),
      bad('log-in', 'check username and password; many providers want an app password'),
    ];
  if (error instanceof ServerError)
    return [
      bad('reach', 'the server is in trouble, or this is not its DAV address; check url, or try again later'),
    ];
  const remedy =
    error instanceof ForbiddenError
      ? 'this user may not look there; check url and username'
      : 'set url to the address that the provider names for CalDAV or CardDAV';
  return [...before(['reach', 'log-in']), bad('account', remedy)];
}

const toLines = ({ name, ok, detail, remedy }: CheckStep): string[] => [
  `${name}: ${ok ? '' : 'FAILED: '}${detail}`,
  ...(remedy === undefined ? [] : [`  next: ${remedy}`]),
];
