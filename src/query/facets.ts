/** Counts of the bugs that a query finds, by what many of them have in common. */
import type { BugColumns } from '../bug/columns.ts'

export interface Facets {
  readonly labels: ReadonlyMap<string, number>
  /** Bugs without any label. */
  readonly unlabelled: number
  /** By the author's id. */
  readonly authors: ReadonlyMap<string, number>
}

/** @param places in the columns, of the bugs that are found */
export function countFacets(columns: BugColumns, places: Uint32Array): Facets {
  const { authorIds, labels, labelStarts, labelNames } = columns
  const byAuthor = new Uint32Array(authorIds.length)
  const byLabel = new Uint32Array(labelNames.length)
  let unlabelled = 0
  for (const place of places) {
    const author = columns.authors[place] ?? 0
    byAuthor[author] = (byAuthor[author] ?? 0) + 1
    const end = labelStarts[place + 1] ?? 0
    let at = labelStarts[place] ?? 0
    if (at === end) unlabelled++
    for (; at < end; at++) {
      const label = labels[at] ?? 0
      byLabel[label] = (byLabel[label] ?? 0) + 1
    }
  }
  return { labels: named(byLabel, labelNames), unlabelled, authors: named(byAuthor, authorIds) }
}

/** Those that are there at all. */
function named(counts: Uint32Array, names: readonly string[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const [number, name] of names.entries()) {
    const count = counts[number] ?? 0
    if (count > 0) found.set(name, count)
  }
  return found
}
