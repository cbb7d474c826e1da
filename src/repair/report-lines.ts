import { type Finding, findingWords } from './finding.ts';
import type { ItemReport } from './repair-collection.ts';

/** One text that something is wrong with, what would be done about it, or what was done. For people; not made safe for a terminal. */
export const itemLine = (where: string, item: ItemReport): string =>
  `${where}: ${nameOf(item)}[${item.href}]: ${outcomeText(item)}`;

function outcomeText({ findings, outcome }: ItemReport): string {
  switch (outcome.type) {
    case 'planned':
      return listed(findings, 'todo');
    case 'repaired': {
      const uids = outcome.uids.length > 0 ? `; now UID ${outcome.uids.join(', ')}` : '';
      return `${listed(findings, 'done')}${uids}`;
    }
    case 'skipped':
      return `left alone, ${outcome.reason}`;
    case 'failed':
      return `${listed(findings, 'todo')}: failed: ${outcome.reason}`;
    case 'not repairable':
      return `not repairable: ${outcome.reason}`;
  }
}

const listed = (findings: readonly Finding[], tense: 'todo' | 'done'): string =>
  findings
    .map(findingWords)
    .map((words) => `${words.wrong}: ${words[tense]}`)
    .join('; ');

/** Of what cannot even be read nobody knows whether it has a UID. */
function nameOf({ title, start, uid, outcome }: ItemReport): string {
  if (title === undefined && uid === undefined && outcome.type === 'not repairable') return '';
  const id = uid === undefined ? 'no UID' : `UID ${uid}`;
  const when = start === undefined ? '' : `${start}, `;
  return title === undefined ? `${id} ` : `"${title}" (${when}${id}) `;
}
