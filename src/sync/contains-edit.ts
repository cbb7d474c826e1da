import { canonicalForm } from '../core/canonical.ts';
import { parseComponents } from '../core/component.ts';

/** Whether all that changed from `base` to `edited` is in `found` too, whatever else is different there. Pure. */
export function containsEdit(base: string, edited: string, found: string): boolean {
  const [before, sent, now] = [linesOf(base), linesOf(edited), linesOf(found)];
  const added = [...sent].filter((line) => !before.has(line));
  const dropped = [...before].filter((line) => !sent.has(line));
  if (added.length + dropped.length === 0) return false;
  return added.every((line) => now.has(line)) && !dropped.some((line) => now.has(line));
}

const linesOf = (text: string): Set<string> =>
  new Set(canonicalForm(parseComponents(text), text).split('\n'));
