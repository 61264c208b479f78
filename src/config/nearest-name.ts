/**
 * Finds what somebody probably meant. Names longer than any of ours are cut first, so that the work stays small
 * whatever was typed.
 */
import { editDistance } from '../base/edit-distance.ts'

const longestName = 64

/**
 * The known name that differs least from `name`. Capitals and `.`, `_`, `-` do not count, so that variables and
 * options can be compared with paths. Near are also a name whose last part alone is right (`port` for `server.port`),
 * because people forget groups, and one that goes on where `name` ends.
 * @returns undefined only where nothing is known
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const typed = name.slice(0, longestName)
  let best: { name: string; distance: number } | undefined
  for (const candidate of known) {
    const distance = nameDistance(typed, candidate)
    if (best === undefined || distance < best.distance) best = { name: candidate, distance }
  }
  return best?.name
}

function nameDistance(typed: string, candidate: string): number {
  const whole = editDistance(bare(typed), bare(candidate))
  const last = editDistance(bare(lastPart(typed)), bare(lastPart(candidate))) + 0.5
  const goesOn = bare(candidate).startsWith(bare(typed)) ? 0.75 : Number.POSITIVE_INFINITY
  return Math.min(whole, last, goesOn)
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[._-]/g, '')
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
