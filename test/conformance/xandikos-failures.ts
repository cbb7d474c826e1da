const NO_MOVE = 'Xandikos 0.2.8 has no MOVE and answers 405, which is a refusal';

/** What accounts on Xandikos fail at, whatever they hold. */
export const XANDIKOS_FAILURES: Readonly<Record<string, string>> = {
  'takes the displayname away, if it has one':
    'Xandikos 0.2.8 shows the last part of the path for a collection that has no name',
  'moves an item into another collection, where it has its name and content': NO_MOVE,
  'takes writes to an item that was moved': NO_MOVE,
  'tells both collections of a move that come after it': NO_MOVE,
  'refuses to move an item whose UID is there under another name': NO_MOVE,
};
