/** What an open repository works with. It promises nothing of its own: each part says what it promises. */
import type { Clock } from '../base/clock.ts'
import type { Gate } from '../base/gate.ts'
import type { Git } from '../git/git.ts'
import type { SearchIndex } from '../search/search-index.ts'
import type { Backoff } from './backoff.ts'
import type { BuildPool } from './build-pool.ts'
import type { FullBugTools } from './full-bug-reader.ts'
import type { SignatureTools } from './signature-checks.ts'
import type { StoredEntities } from './stored-entities.ts'

/** What all open repositories share. */
export interface OpenTools extends FullBugTools {
  readonly git: Git
  readonly clock: Clock
  readonly pool: BuildPool
  /** Bounds the builds that go on at once. */
  readonly builds: Gate
  /** Keeps a repository that cannot be read from being tried for every request. */
  readonly backoff: Backoff
  /** Has the texts of every state. */
  readonly search: SearchIndex
  /** Keeps what was read beyond this process. */
  readonly stored: StoredEntities
  readonly signatures: SignatureTools
  /** The files of refs are looked at when the last look is older than this. */
  readonly lookAfterMs: number
}
