/** Labels put together by what stands before their first slash: `area/ui` and `area/storage` are both of `area/`. */
import type { LabelCount } from '../bug/model.ts'
import { labelParts } from './label-view.ts'

export interface LabelScope {
  /** Such as `area/`; empty for labels without a scope. */
  readonly scope: string
  /** In the order in which they were given. */
  readonly labels: readonly LabelCount[]
  /** How often any of them is on a bug. */
  readonly uses: number
}

/** Scopes by name; what has none comes last. */
export function labelScopes(labels: readonly LabelCount[]): readonly LabelScope[] {
  const groups = Map.groupBy(labels, ({ name }) => labelParts(name).scope)
  return [...groups]
    .map(([scope, own]) => ({ scope, labels: own, uses: own.reduce((sum, { bugs }) => sum + bugs, 0) }))
    .sort((a, b) => Number(a.scope === '') - Number(b.scope === '') || (a.scope < b.scope ? -1 : 1))
}
