import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { containsEdit } from '../../src/sync/contains-edit.ts';
import { eventText } from '../support/items.ts';

describe('containsEdit', () => {
  const [base, edited] = [eventText({ summary: 'tea' }), eventText({ summary: 'coffee' })];
  const cases: [name: string, found: string, want: boolean][] = [
    ['the edit itself', edited, true],
    ['the edit with more from the server', eventText({ summary: 'coffee', lines: ['X-SEEN:1'] }), true],
    ['the edit with noise', edited.replace('20261101T000000Z', '20261122T000000Z'), true],
    ['the base', base, false],
    ['another edit', eventText({ summary: 'water' }), false],
    ['both the old and the new', eventText({ summary: 'coffee', lines: ['SUMMARY:tea'] }), false],
    ['garbage', 'garbage', false],
  ];
  for (const [name, found, want] of cases)
    it(`${want ? 'sees' : 'does not see'} an edit in: ${name}`, () => {
      assert.equal(containsEdit(base, edited, found), want);
    });

  it('sees no edit where there was none', () => assert.equal(containsEdit(base, base, base), false));
});
