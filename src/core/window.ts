/** What of the calendars of a storage is carried. What leaves the window is not deleted anywhere. */
export interface Window {
  /** Names of components; none: all. */
  readonly components: readonly string[];
  readonly since: WindowEdge | undefined;
  readonly until: WindowEdge | undefined;
}

/** So many days from today, before it for `since` and after it for `until`; or a day, `2026-01-31`. Both in UTC. */
export type WindowEdge = { readonly days: number } | { readonly date: string };
