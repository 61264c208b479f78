/**
 * One repository that is open: its state in memory, its object reader, and refreshes that never run beside each other.
 *
 *     markStale ──► wanted: 3            a refresh takes the number that is wanted when it begins and lists the refs
 *                   state:  2            after that, so a push during a refresh is seen by the next one;
 *                      ▼                 readers of a stale state wait until its number has come up
 *     refresh ─► list refs ─► state: 3
 *
 * A failed refresh leaves the old state where it is and is told to those who waited for it.
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/clock.ts'
import { isViewerError, ViewerError } from '../base/errors.ts'
import type { DecodeLimits } from '../base/limits.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import type { Bug, BugSummary, Tracker } from '../bug/model.ts'
import type { Git } from '../git/git.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import { loadTracker, type RepositoryState } from './load-tracker.ts'
import { createEntitySource, readBug } from './read-entity.ts'
import type { RegisteredRepository } from './registry.ts'

/** Full bugs of all open repositories by tip, bounded in bytes. */
export type FullBugs = LRUCache<string, Bug>

/** Makes the cache of full bugs. */
export function createFullBugs(maxBytes: number): FullBugs {
  return new LRUCache({ maxSize: Math.max(1, maxBytes), sizeCalculation: bugBytes })
}

/** About what a full bug takes in memory: its texts, and the objects that hold them. */
function bugBytes(bug: Bug): number {
  let bytes = 1024 + 512 * bug.timeline.length
  for (const event of bug.timeline) {
    if (event.type !== 'create' && event.type !== 'comment') continue
    for (const version of event.history) bytes += 2 * version.message.length
  }
  return bytes
}

export interface OpenTools {
  readonly git: Git
  readonly clock: Clock
  readonly limits: DecodeLimits
  readonly fullBugs: FullBugs
}

export class OpenRepository implements AsyncDisposable {
  readonly repository: RegisteredRepository
  readonly #tools: OpenTools
  readonly #reader: ObjectReader
  readonly #refreshes = createSingleFlight<'refresh', void>()
  readonly #bugReads = createSingleFlight<string, Bug>()
  #state: RepositoryState
  #stateNumber = 0
  #wantedNumber = 0

  private constructor(repository: RegisteredRepository, tools: OpenTools, opened: Opened) {
    this.repository = repository
    this.#tools = tools
    this.#reader = opened.reader
    this.#state = opened.state
  }

  /** Opens a repository. @throws REPOSITORY_EMPTY, REPOSITORY_UNREADABLE, and git's own codes */
  static async open(repository: RegisteredRepository, tools: OpenTools, signal: AbortSignal): Promise<OpenRepository> {
    const reader = tools.git.openReader(repository.location.folder)
    try {
      const state = await load(repository, tools, { reader, signal })
      return new OpenRepository(repository, tools, { reader, state })
    } catch (error) {
      await reader[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The state as it is. */
  get tracker(): Tracker {
    return this.#state.tracker
  }

  get processes(): number {
    return this.#reader.processes
  }

  /** The refs may have moved: whoever reads from now on waits for a state that was listed from now on. */
  markStale() {
    this.#wantedNumber++
  }

  /** The state; undefined where it was marked stale. */
  get stateNow(): RepositoryState | undefined {
    return this.#stateNumber < this.#wantedNumber ? undefined : this.#state
  }

  /** The state; waits for a refresh where it was marked stale. */
  async current(signal?: AbortSignal): Promise<RepositoryState> {
    while (this.#stateNumber < this.#wantedNumber) await this.refresh(signal)
    return this.#state
  }

  /** Lists the refs again and reads what has moved; joins a refresh that is under way. */
  async refresh(signal?: AbortSignal): Promise<void> {
    const work = async (stop: AbortSignal) => {
      const number = this.#wantedNumber
      const request = { reader: this.#reader, previous: this.#state, signal: stop }
      this.#state = await load(this.repository, this.#tools, request)
      this.#stateNumber = number
    }
    await this.#refreshes.run('refresh', work, signal)
  }

  /** Reads a bug in full. @throws BUG_UNREADABLE where its objects are gone since the state was made */
  async readBug(summary: BugSummary, signal?: AbortSignal): Promise<Bug> {
    const kept = this.#tools.fullBugs.get(summary.tip)
    if (kept) return kept
    const read = async () => {
      const source = createEntitySource(this.#reader, this.#tools.limits)
      const ref = { ref: `refs/bugs/${summary.id}`, id: summary.id, tip: summary.tip }
      const { bug, problems } = await readBug(source, ref)
      if (!bug) throw new ViewerError('BUG_UNREADABLE', problems[0]?.reason ?? 'the bug cannot be read')
      this.#tools.fullBugs.set(summary.tip, bug)
      return bug
    }
    return await this.#bugReads.run(summary.tip, read, signal)
  }

  /** Reads a blob; undefined where it is missing, larger than the limit, damaged or none. */
  async readBlob(hash: string, maxBytes: number): Promise<Buffer | undefined> {
    try {
      const object = await this.#reader.read(hash, maxBytes)
      return object?.type === 'blob' ? object.bytes : undefined
    } catch (error) {
      if (isViewerError(error, 'OBJECT_UNREADABLE')) return undefined
      throw error
    }
  }

  async [Symbol.asyncDispose]() {
    const reason = new ViewerError('SHUTTING_DOWN', 'the repository was closed')
    await Promise.all([this.#refreshes.stopAll(reason), this.#reader[Symbol.asyncDispose]()])
    await this.#bugReads.stopAll(reason)
  }
}

interface Opened {
  readonly reader: ObjectReader
  readonly state: RepositoryState
}

interface LoadRequest {
  readonly reader: ObjectReader
  readonly previous?: RepositoryState
  readonly signal: AbortSignal
}

async function load(
  repository: RegisteredRepository,
  tools: OpenTools,
  request: LoadRequest,
): Promise<RepositoryState> {
  const { git, clock, limits } = tools
  try {
    return await loadTracker({
      git,
      clock,
      limits,
      folder: repository.location.folder,
      ...request,
    })
  } catch (error) {
    throw explainFailure(error, repository)
  }
}

/** Says of which repository git's failure speaks; what callers decide by stays. */
function explainFailure(error: unknown, repository: RegisteredRepository): unknown {
  if (!(error instanceof ViewerError)) return error
  const failures = [
    'GIT_FAILED',
    'GIT_MISSING',
    'GIT_UNSAFE_OWNER',
    'GIT_TIMEOUT',
    'GIT_PROTOCOL',
    'GIT_OUTPUT_TOO_LARGE',
  ]
  if (!failures.includes(error.code)) return error
  const remedy =
    error.code === 'GIT_UNSAFE_OWNER'
      ? `; allow it with: git config --global --add safe.directory '${repository.location.folder}'`
      : ''
  const data = { repository: repository.name, folder: repository.location.folder, gitCode: error.code }
  return new ViewerError('REPOSITORY_UNREADABLE', `${error.message}${remedy}`, { cause: error, data })
}
