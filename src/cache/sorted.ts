/** Sorted arrays that are never changed: a new one comes out of the old one and what is different. */

/** Above this many changes, merging costs less than a place to be found for each. */
const mergeFrom = 64

/**
 * Takes items out of a sorted array and puts others in.
 * @param items sorted by `compare`, which must tell any two of them apart
 * @param change what is gone, each of it in `items`, and what came
 */
export function replaceSorted<T>(
  items: readonly T[],
  { removed, added }: { readonly removed: readonly T[]; readonly added: readonly T[] },
  compare: (a: T, b: T) => number,
): readonly T[] {
  if (removed.length === 0 && added.length === 0) return items
  if (removed.length + added.length >= mergeFrom) {
    const gone = new Set(removed)
    return [...items.filter(item => !gone.has(item)), ...added].sort(compare)
  }
  const result = items.slice()
  for (const item of removed) result.splice(findPlace(result, item, compare), 1)
  for (const item of added) result.splice(findPlace(result, item, compare), 0, item)
  return result
}

/** Where an item stands, or would stand. */
function findPlace<T>(items: readonly T[], item: T, compare: (a: T, b: T) => number): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = items[middle]
    if (other !== undefined && compare(other, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}
