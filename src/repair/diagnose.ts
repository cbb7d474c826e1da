import { parseComponents } from '../core/component.ts';
import type { ItemKind } from '../core/item.ts';
import { mendCharacters } from './characters.ts';
import { closeComponents } from './close-components.ts';
import type { Finding, Hopeless } from './finding.ts';
import { addRequiredLines } from './required-lines.ts';
import { takeApart, type Unit } from './take-apart.ts';

/** A text as it ought to be, but for UIDs that an item lacks altogether: those depend on what else is there. */
export interface Curable {
  readonly findings: readonly Finding[];
  readonly units: readonly Unit[];
}

const OUTER = { calendar: 'VCALENDAR', contact: 'VCARD' } as const satisfies Record<ItemKind, string>;

/**
 * Says what is wrong with a stored text, and what it would be if that were put right; never guesses. Pure, and the same again for the
 * same text.
 * @param nowMs for items that do not say when they were written
 */
export function diagnose(kind: ItemKind, text: string, nowMs: number): Curable | Hopeless {
  const readable = mendCharacters(text);
  if (readable.text.trim() === '') return { reason: 'it is empty' };
  const closed = closeComponents(readable.text);
  if ('reason' in closed) return closed;
  const reason = strangeness(kind, closed.text);
  if (reason !== undefined) return { reason };
  const complete = addRequiredLines(closed.text, nowMs);
  const apart = takeApart(kind, complete.text);
  if ('reason' in apart) return apart;
  const findings = [readable, closed, complete, apart].flatMap((step) => step.findings);
  return { findings, units: apart.units };
}

function strangeness(kind: ItemKind, text: string): string | undefined {
  const { components, whole } = parseComponents(text);
  if (!whole) return 'its components are nested too deep';
  const stranger = components.find(({ name }) => name !== OUTER[kind]);
  return stranger && `it is a ${stranger.name.slice(0, 40)} where a ${OUTER[kind]} belongs`;
}
