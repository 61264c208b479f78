/** The filters of a query as chips, each with the list without it. Ids of people get the name that a reader knows. */
import { humanId, type Identity } from '../bug/model.ts'
import { type Filter, isPersonKind, type Query } from '../query/ast.ts'
import { type ActiveFilter, listActiveFilters, statusOf } from '../query/edit.ts'
import { personName } from './person-view.ts'
import { shownText } from './wording.ts'

export interface ChipView {
  readonly text: string
  readonly removeUrl: string
}

const maxChipChars = 60

interface ChipContext {
  readonly urlOf: (query: Query) => string
  readonly identities: ReadonlyMap<string, Identity>
}

/** One for each filter, but not for the status that a tab shows as current. */
export function filterChips(query: Query, { urlOf, identities }: ChipContext): ChipView[] {
  const tabbed = statusOf(query) !== undefined
  return listActiveFilters(query)
    .filter(({ filter }) => !(tabbed && filter.kind === 'status'))
    .map(active => ({ text: chipText(active, identities), removeUrl: urlOf(active.without) }))
}

function chipText({ filter, text }: ActiveFilter, identities: ReadonlyMap<string, Identity>): string {
  const person = personOf(filter, identities)
  return shownText(person === undefined ? text : `${text} ${personName(person.id, person)}`, maxChipChars)
}

/** The one person whose id a filter on people starts with; undefined where it is no id, or one of several people. */
function personOf(filter: Filter, identities: ReadonlyMap<string, Identity>): Identity | undefined {
  if (!isPersonKind(filter.kind)) return undefined
  const prefix = filter.value.toLowerCase()
  if (prefix.length < humanId(prefix.padEnd(64, '0')).length || !/^[0-9a-f]+$/.test(prefix)) return undefined
  const found = [...identities.values()].filter(identity => identity.id.startsWith(prefix))
  return found.length === 1 ? found[0] : undefined
}
