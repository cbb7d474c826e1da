import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { type Block, isLeaf, readBlocks } from '../../src/core/block.ts';
import { parseItem } from '../../src/core/item.ts';
import { isMachineMade } from '../../src/core/merge-machine.ts';
import { type Merged, mergeTexts } from '../../src/core/merge.ts';
import { type History, histories } from '../support/edits.ts';

const RUNS = Number(process.env['MERGE_RUNS'] ?? 200);

const merge = ({ kind, base }: History, a: string, b: string): Merged => mergeTexts(kind, { base, a, b });

/** Lines of a text with the component they stand in; alarms of one component are taken together. */
function linesIn(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const walk = (block: Block, path: string): void => {
    for (const child of block.children) {
      if (isLeaf(child)) {
        const key = `${path} ${withoutGroup(child.canon)}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      } else walk(child, `${path}/${child.name}${recurrence(child)}`);
    }
  };
  for (const block of readBlocks(text).blocks) walk(block, '');
  return counts;
}

/** Groups may get another name. */
const withoutGroup = (line: string): string => line.replace(/^item\d+\./i, 'group.');

const recurrence = ({ lines }: Block): string =>
  lines.find(({ name }) => name === 'RECURRENCE-ID')?.value ?? '';

/** Alarms with the component they stand in; the lines of one that was edited may stand in for one that was removed. */
const isInAlarm = (key: string): boolean => pathOf(key).includes('/VALARM');

function alarmsIn(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const main of readBlocks(text).blocks.flatMap(({ components }) => components)) {
    for (const { canon } of main.components) {
      const key = `${recurrence(main)} ${canon}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

/** Raw lines, folds and all, in order of their text: equal for two texts that differ in order alone. */
const rawLinesIn = (text: string): string[] => {
  const raws: string[] = [];
  const walk = (block: Block): void => {
    raws.push(block.begin, block.end);
    for (const child of block.children) {
      if (isLeaf(child)) raws.push(withoutGroup(child.raw));
      else walk(child);
    }
  };
  for (const block of readBlocks(text).blocks) walk(block);
  return raws.toSorted();
};

const compareText = (one: string, other: string): number => (one < other ? -1 : 1);
const nameOf = (key: string): string => /^\S* ([^;:]*)/.exec(key)?.[1] ?? '';
const pathOf = (key: string): string => key.slice(0, key.indexOf(' '));
const valueOf = (key: string): string => key.slice(key.indexOf(':') + 1).trim();

const LISTS = new Set(['CATEGORIES', 'EXDATE']);
const isPlain = (key: string): boolean =>
  !isMachineMade(nameOf(key), isInAlarm(key) ? 'VALARM' : '') && !LISTS.has(nameOf(key));

const plainLinesIn = (text: string): Map<string, number> =>
  new Map([...linesIn(text)].filter(([key]) => isPlain(key) && !isInAlarm(key)));

/** The values of lists, with where they stand. */
const listed = (text: string): Set<string> =>
  new Set(
    [...linesIn(text).keys()]
      .filter((key) => LISTS.has(nameOf(key)))
      .flatMap((key) => {
        const head = key.slice(0, key.lastIndexOf(':'));
        return valueOf(key)
          .split(/(?<!\\),/)
          .map((value) => `${head}:${value}`);
      }),
  );

for (const kind of ['calendar', 'contact'] as const) {
  describe(`merging edits of a ${kind} item`, () => {
    const check = (claim: (history: History) => void): void =>
      fc.assert(fc.property(histories(kind), claim), { numRuns: RUNS });
    const checkMerged = (claim: (history: History, merged: string) => void): void =>
      check((history) => {
        const merged = merge(history, history.a, history.b);
        if (merged.type === 'merged') claim(history, merged.text);
      });

    it('gives the text of the only side that changed, byte for byte', () =>
      check(({ kind, base, a, b }) => {
        assert.deepEqual(mergeTexts(kind, { base, a, b: base }), { type: 'merged', text: a });
        assert.deepEqual(mergeTexts(kind, { base, a: base, b }), { type: 'merged', text: b });
        assert.deepEqual(mergeTexts(kind, { base, a, b: a }), { type: 'merged', text: a });
      }));

    it('gives what the only side wrote that changed anything, when the other program writes in another way', () =>
      check((history) => {
        const merged = merge(history, history.baseByA, history.b);
        assert.equal(merged.type, 'merged');
        if (merged.type === 'merged') {
          const [now, edited] = [merged.text, history.b].map((text) =>
            text.replaceAll(/^SEQUENCE.*/gm, 'SEQUENCE:0'),
          );
          assert.equal(parseItem(kind, now ?? '').hash, parseItem(kind, edited ?? '').hash);
        }
      }));

    it('does not depend on which side is called a, but for the order of lines', () =>
      check((history) => {
        const [one, other] = [merge(history, history.a, history.b), merge(history, history.b, history.a)];
        if (one.type === 'conflict' || other.type === 'conflict') assert.deepEqual(one, other);
        else assert.deepEqual(rawLinesIn(one.text), rawLinesIn(other.text));
      }));

    // Which alarm is which is a guess where they were changed; merged once more, they may be a conflict, or have other line ends.
    it('gives the same but for the order and ends of lines when the result is merged once more', () =>
      checkMerged((history, text) => {
        const { base, a, b } = history;
        const alarms = (one: string): string =>
          JSON.stringify([...alarmsIn(one).keys()].toSorted(compareText));
        if ([a, b].some((one) => alarms(one) !== alarms(base))) return;
        const linesOf = (one: string): string[] => rawLinesIn(one.replaceAll('\r', ''));
        for (const [one, other] of [
          [a, text],
          [b, text],
          [text, a],
          [text, b],
        ] as const) {
          const again = merge(history, one, other);
          assert.ok(again.type === 'merged');
          assert.deepEqual(linesOf(again.text), linesOf(text));
        }
      }));

    it('gives an item that is whole and has the UID of the others', () =>
      checkMerged((_, text) => {
        const item = parseItem(kind, text);
        assert.equal(item.whole, true);
        assert.equal(item.uid, '1');
      }));

    it('never drops what one side added', () =>
      checkMerged(({ base, a, b }, text) => {
        const [before, now] = [linesIn(base), linesIn(text)];
        for (const side of [a, b]) {
          for (const key of [...linesIn(side).keys()].filter(isPlain)) {
            if (before.has(key) || now.has(key)) continue;
            // The value or the parameters may be the other side's, but the line stands there.
            const isJoined = [...now.keys()].some(
              (other) => nameOf(other) === nameOf(key) && pathOf(other) === pathOf(key),
            );
            assert.ok(isJoined && !hasValueOfItsOwn(key, before, now), `${key} is missing`);
          }
          const [had, has] = [listed(base), listed(text)];
          for (const entry of listed(side))
            assert.ok(had.has(entry) || has.has(entry), `${entry} is missing`);
        }
      }));

    it('never brings back what one side removed', () =>
      checkMerged(({ base, a, b }, text) => {
        for (const read of [plainLinesIn, alarmsIn]) {
          const [now, inA, inB] = [read(text), read(a), read(b)];
          for (const [key, count] of read(base)) {
            const [one, other] = [inA.get(key) ?? 0, inB.get(key) ?? 0];
            const isRemoved = Math.min(one, other) < count && Math.max(one, other) === count;
            if (isRemoved) assert.ok((now.get(key) ?? 0) <= Math.min(one, other), `${key} is back`);
          }
        }
        const [listedA, listedB] = [listed(a), listed(b)];
        for (const entry of listed(base)) {
          if (!listedA.has(entry) || !listedB.has(entry))
            assert.ok(!listed(text).has(entry), `${entry} is back`);
        }
      }));

    it('writes no line anew that only one side changed', () =>
      checkMerged(({ base, a, b }, text) => {
        const known = new Set([base, a, b].flatMap(rawLinesIn));
        const before = linesIn(base);
        for (const raw of rawLinesIn(text).filter((line) => !known.has(line))) {
          const name = nameOf(` ${raw.toUpperCase()}`);
          const isChangedOn = (side: string): boolean => {
            const lines = linesIn(side);
            return [...lines.keys(), ...before.keys()].some(
              (key) => nameOf(key) === name && before.get(key) !== lines.get(key),
            );
          };
          assert.ok(isChangedOn(a) && isChangedOn(b), `${raw} is new`);
        }
      }));
  });
}

/** Its value is new and nowhere to be found. */
function hasValueOfItsOwn(
  key: string,
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): boolean {
  const isIn = (lines: ReadonlyMap<string, number>): boolean =>
    [...lines.keys()].some((other) => nameOf(other) === nameOf(key) && valueOf(other) === valueOf(key));
  return !isIn(before) && !isIn(now);
}
