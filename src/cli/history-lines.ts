import { join, relative, resolve } from 'node:path';
import type { ItemHistory, ReadHistory, ShownVersion } from '../app/history.ts';
import { countOf, table } from './output.ts';

const WHY = {
  'edited-here': 'edited here',
  'deleted-here': 'deleted here',
  'changed-there': 'changed on the server',
  'deleted-there': 'deleted on the server',
  merged: 'merged with a change on the server',
  overruled: 'a conflict was decided for the server',
} as const satisfies Record<ShownVersion['why'], string>;

/** At a terminal a title gets no more than that; elsewhere it is whole. */
const TITLE_CHARACTERS = 40;

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export interface LinesOptions {
  /** As it was asked for; what is found is told by it. */
  readonly path: string;
  readonly isTerminal: boolean;
}

/** A line a version of one item, or a line an item with its newest version. */
export function historyLines({ isItem, items }: ReadHistory, options: LinesOptions): string[] {
  return table(
    isItem
      ? items.flatMap(({ path, versions }) => versions.map((version) => versionCells(path, version, options)))
      : items.flatMap((item) => itemCells(item, options)),
  );
}

function versionCells(path: string, version: ShownVersion, options: LinesOptions): string[] {
  const elsewhere = version.path === path ? [] : [`as ${version.path}`];
  return [`@${version.number}`, ...cells(version, options), ...elsewhere];
}

function itemCells({ path, state, versions }: ItemHistory, options: LinesOptions): string[][] {
  const [newest, ...older] = versions;
  if (!newest) return [];
  const count = older.length === 0 ? [] : [countOf(versions.length, 'version')];
  return [
    [
      `${nameFor(path, options.path)}@${newest.number}`,
      state === 'deleted' ? 'deleted' : 'changed',
      ...cells(newest, options),
      ...count,
    ],
  ];
}

/** As one would type it after the words that were typed. */
const nameFor = (path: string, asked: string): string => join(asked, relative(resolve(asked), path));

const cells = (
  { replacedAtMs, size, title = '', why }: ShownVersion,
  { isTerminal }: LinesOptions,
): string[] => [localTime(replacedAtMs), `${size} B`, isTerminal ? shortened(title) : title, WHY[why]];

function shortened(title: string): string {
  const characters = Array.from(GRAPHEMES.segment(title), ({ segment }) => segment);
  return characters.length > TITLE_CHARACTERS
    ? `${characters.slice(0, TITLE_CHARACTERS - 1).join('')}…`
    : title;
}

/** `2026-11-22 14:03:11`, where the reader is. */
export function localTime(ms: number): string {
  const at = new Date(ms);
  const two = (number: number): string => String(number).padStart(2, '0');
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}
