/** What a cache manager is made with. */
import type { Clock } from '../base/clock.ts'
import type { DecodeLimits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import type { Git } from '../git/git.ts'
import type { SearchIndex } from '../search/search-index.ts'
import type { RepositoryNews } from '../store/bus.ts'
import type { Store } from '../store/store.ts'
import type { BuildPoolOptions } from './build-pool.ts'
import type { Registry } from './registry.ts'
import type { StoredEntities } from './stored-entities.ts'

/** What may change while it runs. */
export interface CacheBounds {
  /** An open repository is closed when nobody has used it for this long; 0 keeps it open. */
  readonly idleMs: number
  /** Memory of all open repositories, about; over it, those that were not used for longest are closed. 0: no bound. */
  readonly maxBytes: number
  /** The files of refs are looked at when the last look is older than this; 0 looks at each request. */
  readonly lookAfterMs: number
}

export interface CacheOptions extends CacheBounds {
  /** Bytes of full bugs that are kept, over all repositories. */
  readonly fullBugsMaxBytes: number
  readonly limits: DecodeLimits
  readonly workers: BuildPoolOptions
  /** First builds and refreshes that go on at the same time; what is heavy in them waits for a worker thread anyway. */
  readonly maxBuilds: number
}

export interface CacheDeps {
  readonly git: Git
  readonly registry: Registry
  readonly clock: Clock
  readonly log: Log
  readonly search: SearchIndex
  readonly measures: Measures
  /** What outlives this process, and what goes on in others. */
  readonly store: Store
  readonly stored: StoredEntities
  /** Tells other instances that a repository has moved. */
  readonly tell: (news: RepositoryNews) => void
}
