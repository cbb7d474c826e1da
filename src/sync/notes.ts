import { describeText } from '../core/describe.ts';
import type { Ident, ItemKind } from '../core/item.ts';
import type { Side, StatusStore, Unfinished } from '../core/status.ts';
import type { Href } from '../core/storage.ts';
import type { Write } from './action.ts';
import { isHrefIdent, placeOf } from './known.ts';
import type { Change, Problem, WaitingChange } from './report.ts';
import { TextPool } from './text-pool.ts';

export interface NoteSources {
  readonly kind: ItemKind;
  readonly status: StatusStore;
  readonly pool: TextPool;
}

/** A write as the report tells it. */
export const toChange = ({ type, on, ident }: Write, href: Href): Change => ({
  type,
  on,
  uid: uidOf(ident),
  title: undefined,
  href,
});

/** The same, with the title of what both sides held; to be asked before a removal is recorded. */
export function toTitled(write: Write, href: Href, { kind, status }: Omit<NoteSources, 'pool'>): Change {
  const text = status.base(write.ident);
  return {
    ...toChange(write, href),
    title: text === undefined ? undefined : describeText(kind, text).title,
  };
}

/** A write that a dry run would do, with the item's title. */
export function toPlanned(action: Write, sources: NoteSources): Change {
  const { href } = action.type === 'remove' ? action.target : action.source;
  const { title } = describe(action.ident, { a: href, b: href }, sources);
  return { ...toChange(action, action.type === 'create' ? href : action.target.href), title };
}

/** The same of one that waits for a person's word. */
export const toWaiting = (action: Write, reason: string, sources: NoteSources): WaitingChange => ({
  ...toPlanned(action, sources),
  reason,
});

/** The leftovers of which somebody has to be told. */
export const toProblems = (left: readonly Unfinished[], sources: NoteSources): Problem[] =>
  left.flatMap(({ ident, type, reason, ...versions }) => {
    if (type === 'passing' || type === 'kept') return [];
    const place = placeOf(ident);
    const hrefs = {
      a: versions.a?.href ?? (place?.side === 'a' ? place.href : undefined),
      b: versions.b?.href ?? (place?.side === 'b' ? place.href : undefined),
    };
    return [{ type, uid: uidOf(ident), ...describe(ident, hrefs, sources), hrefs, reason }];
  });

/** The same of what is stored. */
export const storedProblems = (
  kind: ItemKind,
  status: StatusStore,
  pool: TextPool = new TextPool(),
): Problem[] => toProblems(status.unfinished(), { kind, status, pool });

/** An item without UID is identified by its hash, a resource without identity by its href; neither is one. */
const uidOf = (ident: Ident): string | undefined =>
  isHrefIdent(ident) || ident.startsWith('#') ? undefined : ident;

function describe(
  ident: Ident,
  hrefs: Readonly<Record<Side, Href | undefined>>,
  { kind, status, pool }: NoteSources,
): Pick<Problem, 'title' | 'start'> {
  const read = (hrefs.a && pool.get('a', hrefs.a)) ?? (hrefs.b && pool.get('b', hrefs.b));
  const text = read?.text ?? status.base(ident);
  return text === undefined ? { title: undefined } : describeText(kind, text);
}
