/** A tracker whose lists are as large as lists of real trackers get: long titles, many people and labels, none alike. */
import type { RepositoryInput } from '../../src/pages/layout.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createSite } from '../../src/pages/site.ts'
import { inventBug, inventedId, inventIdentity, inventTracker } from './invented-tracker.ts'

const queries = Array.from({ length: 8 }, (_, n) => ({
  name: `Named query number ${n}`,
  query: `status:open label:area/${n} -label:kind/${n} sort:edit-desc`,
}))

/** A site whose operator has named some queries. */
export const widestSite = createSite({
  title: 'bugs.a-long-name-of-an-organisation.example.org',
  links: createLinks({ basePath: '/tracker', asset: name => name }),
  choicesFor: () => ({ queries, columns: [], commitUrl: undefined, autolinks: [], report: undefined }),
})

/** Words that do not compress well. */
function words(seed: string, count: number): string {
  const digits = inventedId(seed)
  return Array.from({ length: count }, (_, n) => digits.slice(n * 5, n * 5 + 3 + (n % 6))).join(' ')
}

/** Two hundred bugs by sixty people, with six labels each out of a hundred and twenty. */
export function inventWidest(): RepositoryInput {
  const scopes = ['area', 'kind', 'priority', 'needs', 'platform', 'release']
  const labels = Array.from(
    { length: 120 },
    (_, n) => `${scopes[n % 6]}/${words(`label ${n}`, 2).replaceAll(' ', '-')}`,
  )
  const identities = Array.from({ length: 60 }, (_, n) =>
    inventIdentity(`person ${n}`, { name: words(`name ${n}`, 2), login: words(`login ${n}`, 1) }),
  )
  const bugs = Array.from({ length: 200 }, (_, n) =>
    inventBug(n + 1, {
      title: words(`title ${n}`, 12),
      labels: Array.from({ length: 6 }, (_label, place) => labels[(n * 7 + place * 11) % labels.length]!),
      events: [
        [`person ${n % 60}`, 1_700_000_000 + n * 86_400, { type: 'create', text: 'x' }],
        ['person 1', 1_700_500_000 + n * 90_000, { type: 'comment', text: 'y' }],
      ],
    }),
  )
  return { name: 'a-group/with-a-tracker', tracker: inventTracker({ bugs, identities }) }
}
