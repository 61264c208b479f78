/**
 * Entities in the order of their ids: found by id or by the start of one with a binary search. Never changed; a new
 * index shares nothing with the old one but its entities, and costs one copy of an array.
 */

export class IdIndex<T extends { readonly id: string }> {
  /** Sorted by id. */
  readonly items: readonly T[]

  /** @param items sorted by id, each id once */
  constructor(items: readonly T[]) {
    this.items = items
  }

  get size(): number {
    return this.items.length
  }

  get(id: string): T | undefined {
    const item = this.items[this.#firstFrom(id)]
    return item?.id === id ? item : undefined
  }

  has(id: string): boolean {
    return this.get(id) !== undefined
  }

  /** Every entity whose id starts so. */
  startingWith(prefix: string): readonly T[] {
    const start = this.#firstFrom(prefix)
    let end = start
    while (this.items[end]?.id.startsWith(prefix)) end++
    return this.items.slice(start, end)
  }

  /** Where the first id stands that is not smaller. */
  #firstFrom(id: string): number {
    let [low, high] = [0, this.items.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.items[middle]?.id ?? '') < id) low = middle + 1
      else high = middle
    }
    return low
  }
}
