/** Chance that can be repeated: equal seeds give equal choices. */
export interface Random {
  /** A whole number from 0 to `below - 1`. */
  int(below: number): number
  /** True in so many of 100 cases. */
  percent(cases: number): boolean
  pick<T>(from: readonly T[]): T
}

/** A generator of 32 bits of state ("mulberry32"); good enough to mix cases, good for nothing secret. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (below: number) => Math.floor(next() * below)
  return {
    int,
    percent: cases => next() * 100 < cases,
    pick(from) {
      if (from.length === 0) throw new Error('nothing to pick from')
      return from[int(from.length)] as (typeof from)[number]
    },
  }
}
