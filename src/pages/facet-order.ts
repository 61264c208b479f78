/** Counted labels and people in the order in which menus and forms offer them. */
import type { Facets } from '../query/facets.ts'

export interface OrderedFacets {
  /** The most frequent first, equal ones by name. */
  readonly labels: readonly Counted[]
  /** By the author's id. */
  readonly authors: readonly Counted[]
  /** Bugs without any label. */
  readonly unlabelled: number
}

/** What is counted, and how often it is there. */
export type Counted = readonly [string, number]

/** Puts them in order, once for a page. */
export function orderFacets({ labels, authors, unlabelled }: Facets): OrderedFacets {
  return { labels: mostFrequent(labels), authors: mostFrequent(authors), unlabelled }
}

function mostFrequent(counts: ReadonlyMap<string, number>): Counted[] {
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
}
