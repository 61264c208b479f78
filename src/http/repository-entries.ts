/** The repositories of the site, as the page that lists them is given them. */
import type { RepositoryOverview } from '../cache/overview.ts'
import { isAway, type Registry } from '../cache/registry.ts'
import type { RepositoryEntry } from '../pages/index-page.ts'

/** Adds to what is known of each whether it is on disk. */
export function repositoryEntries(
  list: readonly RepositoryOverview[],
  registry: Pick<Registry, 'all'>,
): readonly RepositoryEntry[] {
  const away = new Set(registry.all().flatMap(one => (isAway(one) ? [one.name] : [])))
  return list.map(({ name, description, owner, section, card }) => ({
    name,
    description,
    owner,
    section,
    isAway: away.has(name),
    counts: card && { open: card.openBugs, closed: card.closedBugs, lastActivity: card.lastActivity },
  }))
}
