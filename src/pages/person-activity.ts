/** When a person opened bugs, as a picture with its numbers. When they closed any is not known without reading them all. */
import { humanId } from '../bug/model.ts'
import { openedFigure } from './activity-figures.ts'
import { readDailyActivity } from './daily-activity.ts'
import type { RepositoryInput } from './layout.ts'
import type { Site } from './site.ts'

export interface PersonActivityInput {
  readonly site: Site
  readonly repository: RepositoryInput
  readonly identityId: string
}

/** Fewer make no picture. */
const minBugs = 3

/** HTML that may stand as it is; empty where there is too little to show. Its id is `opened-words`. */
export function personActivity({ site, repository, identityId }: PersonActivityInput): string {
  const { name, tracker } = repository
  const own = tracker.bugs.filter(({ authorId }) => authorId === identityId)
  if (own.length < minBugs) return ''
  // When they were opened, and nothing else.
  const daily = readDailyActivity(own.map(({ createdAt }) => ({ createdAt, editedAt: createdAt, statusChanges: [] })))
  if (!daily) return ''
  const author = `author:${humanId(identityId)}`
  return openedFigure(daily, range => site.links.bugs(name, { q: `${author} created:${range}` }))
}
