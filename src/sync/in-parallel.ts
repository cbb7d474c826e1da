/**
 * Runs `task` for each item, at most `limit` at once. After the first rejection no further task begins; those under way
 * are waited for, then it rejects with that reason.
 */
export async function inParallel<T>(
  limit: number,
  items: Iterable<T>,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let stopped = false;
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true && !stopped; next = queue.next()) {
      try {
        await task(next.value);
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.max(1, limit) }, worker));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
