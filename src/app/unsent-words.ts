/**
 * What a mount that ended says of edits that are not on the other side. Some of them may have been refused there, and go out only when
 * somebody changes them. @param count undefined: it is not known
 */
export function unsentWords(count: number | undefined): string {
  const edits = count === 1 ? '1 edit is' : `${count} edits are`;
  const what =
    count === undefined
      ? 'perhaps not every edit is on the other side'
      : `${edits} not on the other side yet`;
  return `${what}; the next mount or sync goes on with them, and "pimsync status" tells what hinders them`;
}
