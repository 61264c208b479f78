/**
 * The form that makes a query without knowing the language. Its fields are filled with what the query says, and what
 * they cannot say goes along unseen, so sending it unchanged gives the same list (`query/fold.ts`), unless the query asks
 * for contradictory statuses.
 */
import { humanId, type Identity } from '../bug/model.ts'
import { type Filter, type Query, sortOf } from '../query/ast.ts'
import { statusOf } from '../query/edit.ts'
import { printFilter, printQuery } from '../query/print.ts'
import { visibleText } from '../text/visible-text.ts'
import type { Counted, OrderedFacets } from './facet-order.ts'
import { sortsFor } from './filter-menus.ts'

export interface FilterFormView {
  /** The rest of the query; empty without any. */
  readonly rest: string
  readonly status: 'open' | 'closed' | 'all'
  /** Whether labels are in force already: the field adds one more. */
  readonly hasLabels: boolean
  readonly author: string
  readonly words: string
  readonly sorts: readonly { readonly value: string; readonly text: string; readonly selected: boolean }[]
  /** What the fields offer while somebody types. */
  readonly knownLabels: readonly string[]
  readonly knownAuthors: readonly string[]
}

/** What a field offers. */
const maxKnown = 30
const maxKnownChars = 80

interface FormInput {
  readonly query: Query
  readonly facets: OrderedFacets
  readonly identities: ReadonlyMap<string, Identity>
}

export function filterForm({ query, facets, identities }: FormInput): FilterFormView {
  const { filters } = query
  const isPlain = (kind: Filter['kind']) => (filter: Filter) => filter.kind === kind && !filter.negated
  const status = statusOf(query)
  const authors = filters.filter(isPlain('author'))
  // Several of them mean any, and one field has no way to say so.
  const author = authors.length === 1 && isFieldText(authors[0]?.value ?? '') ? authors : []
  const words = filters.filter(({ kind }) => kind === 'term')
  const shown = new Set([...author, ...words])
  // A field takes the place of all that is said of the status, so what it cannot say is not offered either.
  const rest = filters.filter(filter => !shown.has(filter) && filter.kind !== 'status')
  const sort = sortOf(query)
  const sorts = sortsFor(query).map(({ text, sort: one }) => ({
    value: `${one.key}-${one.direction}`,
    text,
    selected: one.key === sort.key && one.direction === sort.direction,
  }))
  return {
    rest: printQuery({ filters: rest, sort: undefined }),
    status: status ?? 'all',
    hasLabels: filters.some(isPlain('label')),
    author: author[0]?.value ?? '',
    words: words.map(filter => printFilter(filter) ?? '').join(' '),
    sorts,
    knownLabels: most(facets.labels),
    knownAuthors: most(facets.authors).flatMap(id => {
      const person = identities.get(id)
      const name = person?.login || person?.name || humanId(id)
      return isShort(name) ? [name] : []
    }),
  }
}

function most(counts: readonly Counted[]): string[] {
  return counts.slice(0, maxKnown).flatMap(([name]) => (isShort(name) ? [name] : []))
}

/** Whether a field gives back what it is filled with: spaces at its ends go, and lines become one. */
function isFieldText(text: string): boolean {
  return text === text.trim() && !/[\r\n]/.test(text)
}

/** What a field would put in must be what its list shows. */
function isShort(text: string): boolean {
  return text !== '' && text.length <= maxKnownChars && visibleText(text) === text
}
