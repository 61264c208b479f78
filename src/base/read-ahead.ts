/** Reads some items ahead and hands them on in their order: those that take long do not hold up the reading of others. */

/**
 * What `read` gives for each item, in the order of the items. No more than `ahead` are held at a time, and the next one
 * is read when one was taken. The first failure ends it; reads that go on are waited for before it ends.
 */
export async function* readAhead<T, U>(
  items: Iterable<T>,
  ahead: number,
  read: (item: T) => Promise<U>,
): AsyncGenerator<U, void> {
  const reads: Promise<U>[] = []
  try {
    for (const item of items) {
      const reading = read(item)
      // Heard of in its turn.
      reading.catch(() => {})
      reads.push(reading)
      const first = reads[0]
      if (first === undefined || reads.length < ahead) continue
      yield await first
      void reads.shift()
    }
    for (const reading of reads) yield await reading
  } finally {
    await Promise.allSettled(reads)
  }
}
