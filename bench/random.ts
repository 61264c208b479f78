/** Chance that can be repeated: the same seed gives the same numbers on every machine. Not for secrets. */

export interface Random {
  /** At least 0, less than 1. */
  next(): number
  /** A whole number, at least 0, less than `below`. */
  below(below: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** One of the first elements more often than one of the last, as with the people of a project. */
  pickUneven<T>(list: readonly T[]): T
  /** A log-normal number: half of them are below `median`, `spread` is the standard deviation of the logarithm. */
  longTail(median: number, spread: number): number
}

export function createRandom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  function at<T>(list: readonly T[], index: number): T {
    const found = list[index]
    if (found === undefined) throw new Error('nothing to pick from')
    return found
  }
  return {
    next,
    below,
    chance: probability => next() < probability,
    pick: list => at(list, below(list.length)),
    pickUneven: list => at(list, Math.floor(next() ** 3 * list.length)),
    longTail(median, spread) {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return median * Math.exp(spread * normal)
    },
  }
}
