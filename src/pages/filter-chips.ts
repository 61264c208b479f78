/** The filters of a query as chips, each with the list without it. Ids of people get the name that a reader knows. */
import { humanId, type Identity } from '../bug/model.ts'
import { type Filter, isPersonKind, type Query } from '../query/ast.ts'
import { type ActiveFilter, listActiveFilters, statusOf } from '../query/edit.ts'
import { strings } from '../strings/strings.ts'
import { personName } from './person-view.ts'
import { shownText } from './wording.ts'

export interface ChipView {
  readonly text: string
  readonly removeUrl: string
}

const maxChipChars = 60
/** Each has an address with all the others in it; what is more can be read in the box of the query. */
const maxChips = 30

interface ChipContext {
  readonly urlOf: (query: Query) => string
  readonly identities: ReadonlyMap<string, Identity>
}

export interface ChipsView {
  readonly chips: readonly ChipView[]
  /** How many filters have none, in words; empty where all have one. */
  readonly moreChips: string
}

/** One for each filter, as far as there is room for them, but not for the status that a tab shows as current. */
export function filterChips(query: Query, { urlOf, identities }: ChipContext): ChipsView {
  const tabbed = statusOf(query) !== undefined
  const active = listActiveFilters(query).filter(({ filter }) => !(tabbed && filter.kind === 'status'))
  const shown = active.slice(0, maxChips)
  return {
    chips: shown.map(one => ({ text: chipText(one, identities), removeUrl: urlOf(one.without) })),
    moreChips: active.length > shown.length ? strings.filter.moreFilters(active.length - shown.length) : '',
  }
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
