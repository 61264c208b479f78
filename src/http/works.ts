/**
 * How many requests of each repository are at work at the same time. It queues nobody: whoever comes when a repository
 * has all that it may have is told to come back, and the requests of other repositories are not behind them.
 */
import { ViewerError } from '../base/errors.ts'

export interface Works {
  /** One more of a repository; disposing it says that it is done. @throws TOO_BUSY */
  begin(repository: string): Disposable
}

/** What looks into all of them counts by itself. No repository is called so. */
export const allRepositories = '-'

/** @param most of one repository, at least 1 */
export function createWorks(most: number): Works {
  /** Of those that have any. */
  const counts = new Map<string, number>()
  return {
    begin(repository) {
      const count = counts.get(repository) ?? 0
      if (count >= most) {
        const data = repository === allRepositories ? {} : { subject: repository }
        throw new ViewerError('TOO_BUSY', 'too many of these pages are being made', { data })
      }
      counts.set(repository, count + 1)
      return {
        [Symbol.dispose]() {
          const left = (counts.get(repository) ?? 1) - 1
          if (left === 0) counts.delete(repository)
          else counts.set(repository, left)
        },
      }
    },
  }
}
