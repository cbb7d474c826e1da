import { closeSync, openSync } from 'node:fs';

/** Whether this process has a terminal that could end it; after a hang-up it has none any more. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
