import { describeCalendarItem, type Description } from './ical.ts';
import type { ItemKind } from './item.ts';
import { describeContact } from './vcard.ts';

/** What a person recognises an item by, for messages and reports. */
export const describeText = (kind: ItemKind, text: string): Description =>
  kind === 'calendar' ? describeCalendarItem(text) : describeContact(text);
