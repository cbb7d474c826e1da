/** Modes that a word in the configuration names. */
export const CONFLICT_MODES = ['merge', 'manual', 'keep a', 'keep b', 'newest'] as const;

/**
 * What becomes of an item that both sides changed. `merge`: edits of different things are joined, the rest is left for a person.
 * `manual`: all is. `keep a`, `keep b`: that side's text as a whole. `newest`: the text that says it was changed last; where it does
 * not say, it is left for a person. `command`: a program is asked, which takes its time; until then it is left.
 */
export type ConflictMode = (typeof CONFLICT_MODES)[number] | 'command';
