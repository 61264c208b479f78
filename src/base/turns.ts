/** Long work in one thread that lets others have their turn: it goes on after what waits has been done. */

/** Settles in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** Maps items one by one, with a turn for others after every so many. */
export async function mapInTurns<T, U>(items: Iterable<T>, perTurn: number, map: (item: T) => U): Promise<U[]> {
  const mapped: U[] = []
  for (const item of items) {
    mapped.push(map(item))
    if (mapped.length % perTurn === 0) await nextTurn()
  }
  return mapped
}
