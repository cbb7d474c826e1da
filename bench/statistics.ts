/** @param values not empty */
export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** The value that the share `part` of all values does not exceed. @param values not empty */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))];
  if (value === undefined) throw new RangeError('no values were measured');
  return value;
}

/**
 * The median of each subject's times. The rounds are interleaved, so that a busy moment of the machine hits all alike.
 * @param withinSeconds no further round begins after that
 */
export async function interleaved<Name extends string>(
  rounds: number,
  subjects: Readonly<Record<Name, () => Promise<number>>>,
  withinSeconds = Infinity,
): Promise<Record<Name, number>> {
  const names = Object.keys(subjects) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  const endMs = performance.now() + withinSeconds * 1000;
  for (let round = 0; round < rounds && (round === 0 || performance.now() < endMs); round += 1)
    for (const name of names) times.get(name)?.push(await subjects[name]());
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}
