/**
 * A feed's path as messages show it. Private feeds have no other secret than their address, so of it only what tells a person which
 * file is meant is shown: `/…/basic.ics`.
 */
export function shownPath(path: string): string {
  const last = path.slice(path.lastIndexOf('/') + 1);
  const isShown = /^[\w%.~-]{1,40}\.ics$/i.test(last) && !/[\dA-Fa-f]{16}/.test(last);
  if (path === '/') return path;
  return path === `/${last}` && isShown ? path : `/…${isShown ? `/${last}` : ''}`;
}
