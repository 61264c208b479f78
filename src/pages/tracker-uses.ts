/** How many bugs of a tracker have which label and which author: counted from its columns, in one go for all of them. */
import type { Tracker } from '../bug/model.ts'
import { countFacets, type Facets } from '../query/facets.ts'

export interface TrackerUses {
  /** Of all bugs. */
  readonly all: Facets
  /** Of those that are open. */
  readonly open: Facets
}

/** Counts labels and authors. */
export function countUses({ columns: getColumns, openBugs }: Pick<Tracker, 'columns' | 'openBugs'>): TrackerUses {
  const columns = getColumns()
  const { closed } = columns
  const all = Uint32Array.from(closed, (_, place) => place)
  const open = new Uint32Array(openBugs)
  let found = 0
  for (const place of all) if (closed[place] === 0) open[found++] = place
  return { all: countFacets(columns, all), open: countFacets(columns, open.subarray(0, found)) }
}
