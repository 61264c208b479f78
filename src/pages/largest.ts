/** The few largest of very many, without sorting all of them. */

/**
 * The largest `count`, the largest first; of equal ones those that come first.
 * @param sizeOf what is compared; what has no size above 0 is left out
 */
export function largest<T>(items: Iterable<T>, count: number, sizeOf: (item: T) => number): readonly T[] {
  const found: { readonly item: T; readonly size: number }[] = []
  for (const item of items) {
    const size = sizeOf(item)
    if (!(size > 0) || (found.length === count && size <= (found.at(-1)?.size ?? 0))) continue
    const place = found.findIndex(other => other.size < size)
    found.splice(place < 0 ? found.length : place, 0, { item, size })
    if (found.length > count) found.pop()
  }
  return found.map(({ item }) => item)
}
