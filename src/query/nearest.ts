/** Guesses which of a few known words a visitor meant. */
import { editDistance } from '../base/edit-distance.ts'

/**
 * @returns the known word nearest to `word`: one that differs only in case, or by at most two letters added, left out
 * or replaced (one for words of up to three letters); undefined where there is none
 */
export function findNearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase()
  let best: string | undefined
  let bestDistance = lower.length <= 3 ? 2 : 3
  for (const candidate of known) {
    // Also what keeps the work small however long the word is.
    if (Math.abs(candidate.length - lower.length) >= bestDistance) continue
    const distance = editDistance(lower, candidate)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}
