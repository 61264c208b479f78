/** The answer of a match, as callers ask it. */
import type { FoundMessage } from './messages.ts'
import type { TextMatch } from './search-index.ts'

export const noMatch: TextMatch = { count: 0, has: () => false, score: () => 0 }

/** Made without looking at each number: there may be a hundred thousand. */
export function toTextMatch({ count, bits, scores }: FoundMessage): TextMatch {
  return {
    count,
    has: number => (((bits[number >>> 3] ?? 0) >>> (number & 7)) & 1) === 1,
    score: number => scores?.[number] ?? 0,
  }
}
