/**
 * Finds what somebody probably meant. Names longer than any of ours are cut first, so that the work stays small
 * whatever was typed.
 */

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

/** Insertions, deletions and replacements between two names. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
