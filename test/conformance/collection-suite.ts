import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ItemKind } from '../../src/core/item.ts';
import type { Collection } from '../../src/core/storage.ts';
import { itemOf } from '../support/items.ts';
import { carryingRules } from './carrying-rules.ts';
import { changeRules } from './change-rules.ts';
import { readingRules } from './reading-rules.ts';
import type { Rule } from './trial.ts';
import { writingRules } from './writing-rules.ts';

interface Subject {
  readonly name: string;
  readonly kind: ItemKind;
  /** A collection of that kind, empty, that nobody else uses; `close` frees whatever it needed. */
  readonly open: () => Promise<{ readonly collection: Collection; readonly close: () => Promise<void> }>;
  /** Title → reason. Such a rule must fail; the day it passes, the row has to go. */
  readonly knownFailures?: Readonly<Record<string, string>>;
}

const RULES: readonly Rule[] = [...readingRules, ...writingRules, ...changeRules, ...carryingRules];

/** What every storage must do alike. A new storage is done when this passes with no knownFailures. */
export function describeCollection({ name, kind, open, knownFailures = {} }: Subject): void {
  const rules = RULES.filter((rule) => rule.kind === undefined || rule.kind === kind);
  describe(`${name} as a collection of ${kind} items`, () => {
    it('has no reason written for a rule that does not exist', () => {
      const titles = new Set(rules.map(({ title }) => title));
      assert.deepEqual(
        Object.keys(knownFailures).filter((title) => !titles.has(title)),
        [],
      );
    });
    for (const rule of rules) {
      const reason = knownFailures[rule.title];
      it(reason === undefined ? rule.title : `${rule.title} (known: ${reason})`, async () => {
        const attempt = runRule(rule, kind, open);
        await (reason === undefined ? attempt : assert.rejects(attempt));
      });
    }
  });
}

async function runRule(rule: Rule, kind: ItemKind, open: Subject['open']): Promise<void> {
  const { collection, close } = await open();
  try {
    await rule.run({ collection, kind, item: (uid, title = 'tea') => itemOf(kind, uid, title) });
  } finally {
    await close();
  }
}
