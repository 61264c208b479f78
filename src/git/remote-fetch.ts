/**
 * Fetching from remote repositories into copies of the viewer's own. It promises that only bugs and people come, that
 * whatever comes has been checked before a ref points to it, that all refs move together or none does, and that no
 * address, no answer and nothing in the surroundings makes git start anything else, connect elsewhere, or write more
 * than it may.
 *
 *     remote-way ──► where git is sent, see also remote-relay
 *     remote-run ──► one process, watched: remote-progress reads its words
 *     remote-failure ──► what those mean
 */
import { ViewerError } from '../base/errors.ts'
import { once } from '../base/once.ts'
import type { GitSetup } from './process.ts'
import { makeBundle, readBundle, type Unbundling } from './remote-bundle.ts'
import { hermeticSetup, remoteExtra } from './remote-environment.ts'
import { explainFailure } from './remote-failure.ts'
import type { FetchProgress } from './remote-progress.ts'
import {
  bytesToPutTogether,
  haveRefsMoved,
  initMirror,
  isUntouched,
  type ObjectFormat,
  readPackedMark,
  removeLeftovers,
  tidyMirror,
} from './remote-repository.ts'
import { type RemoteLimits, type RemoteResult, runRemoteGit, startDeadline } from './remote-run.ts'
import { openRemoteWay, type RemoteAccess, type RemoteWay, trustedBySystem, type WayTools } from './remote-way.ts'
import { canFetchRemotes, type GitVersion } from './version.ts'

export type { FetchProgress } from './remote-progress.ts'
export type { RemoteLimits } from './remote-run.ts'
export type { RemoteAccess } from './remote-way.ts'

export interface Fetching {
  /** A repository that `init` has made. */
  readonly gitDir: string
  readonly remote: RemoteAccess
  readonly limits: RemoteLimits
  onProgress?(progress: FetchProgress): void
}

export interface RemoteGit {
  /**
   * Makes an empty bare repository; nothing of templates, hooks and the account's settings gets in. What was in the
   * folder before is removed.
   */
  init(gitDir: string): Promise<void>
  /**
   * Fetches all of `refs/bugs/*` and `refs/identities/*`, and forgets those that are gone. An empty repository takes on
   * the remote's object format. Where it fails, refs are as they were, and nothing unfinished stays.
   * @returns whether any ref has moved since the last `tidy`
   * @throws REMOTE_UNREACHABLE with `data.reason`, a `FetchFailure`; REMOTE_TOO_LARGE with `data.limit`, `bytes` or
   *   `objects`; REMOTE_REFUSED, MIRROR_NO_ROOM, GIT_TOO_OLD, the signal's reason
   */
  fetch(at: Fetching, signal: AbortSignal): Promise<boolean>
  /**
   * Packs refs, removes what killed processes have left, and puts packs together when there are many, or when much of
   * them is needed no more; while that is done, they are on disk twice. Not while anything is fetched; readers are not disturbed.
   * @throws MIRROR_NO_ROOM, the codes of git
   */
  tidy(gitDir: string, signal: AbortSignal): Promise<void>
  /** Bytes that `tidy` needs on disk besides, while it puts packs together; 0 where it only packs refs. */
  bytesToTidy(gitDir: string): Promise<number>
  /** All bugs and people as a bundle. @throws the codes of git; also where there are none */
  bundle(gitDir: string, signal: AbortSignal): AsyncIterable<Uint8Array>
  /**
   * The other way, into a repository that `init` has just made. It is checked as what remotes send is, and holds nothing
   * but bugs and people.
   * @throws OBJECT_UNREADABLE where it is damaged, REMOTE_TOO_LARGE, MIRROR_NO_ROOM, REMOTE_UNREACHABLE where it takes
   *   too long, what the content throws
   */
  unbundle(at: Unbundling, signal: AbortSignal): Promise<void>
}

/** Makes the front. @param ambient set-up of the other git processes */
export function createRemoteGit(ambient: GitSetup, version: GitVersion): RemoteGit {
  const setup = hermeticSetup(ambient)
  const tools: WayTools = { clock: setup.clock, trusted: once(trustedBySystem) }
  return {
    init: gitDir => initMirror(setup, gitDir),
    async fetch(at, signal) {
      if (!canFetchRemotes(version)) {
        throw new ViewerError(
          'GIT_TOO_OLD',
          `git ${version.text} is too old for remote repositories: install git 2.37 or later`,
        )
      }
      using deadline = startDeadline(setup, at.limits.timeoutMs, signal)
      await using way = await openRemoteWay(at.remote, tools)
      return await fetchBy(setup, { ...at, way }, deadline.signal)
    },
    tidy: (gitDir, signal) => tidyMirror(setup, gitDir, signal),
    bytesToTidy: gitDir => bytesToPutTogether(gitDir, setup.clock.nowMs()),
    bundle: (gitDir, signal) => makeBundle(setup, gitDir, signal),
    unbundle: (at, signal) => readBundle(setup, at, signal),
  }
}

const fetchArgs = [
  'fetch',
  '--progress',
  '--atomic',
  '--prune',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-auto-maintenance',
  '--no-recurse-submodules',
  '--no-show-forced-updates',
  '--',
]
const refspecs = ['+refs/bugs/*:refs/bugs/*', '+refs/identities/*:refs/identities/*']
const mismatch = /mismatched algorithms: client \w+; server (sha1|sha256)/

async function fetchBy(
  setup: GitSetup,
  at: Fetching & { readonly way: RemoteWay },
  signal: AbortSignal,
): Promise<boolean> {
  const { gitDir, way, limits } = at
  const mark = await readPackedMark(gitDir)
  const { settings, variables } = remoteExtra(limits.maxObjects)
  const extra = {
    ...remoteExtra(limits.maxObjects),
    settings: [...settings, ...way.settings],
    variables: { ...variables, ...way.variables },
  }
  const args = [...fetchArgs, way.url, ...refspecs]
  const onProgress = at.onProgress?.bind(at)
  onProgress?.({ step: 'connecting', done: 0, total: 0, bytes: 0 })
  const run = () => runRemoteGit(setup, { gitDir, args, extra, limits, onProgress }, signal)
  try {
    let result = await run()
    const format = formatWanted(result)
    // Which one it has is known when it is asked. Nothing is lost where nothing has come before.
    if (format !== undefined && (await isUntouched(gitDir))) {
      await initMirror(setup, gitDir, format)
      result = await run()
    }
    const { said, end } = result
    if (end.status !== 0) throw explainFailure(said, { end, seen: way.failure(), secrets: way.secrets })
    return await haveRefsMoved(gitDir, mark)
  } catch (error) {
    await removeLeftovers(gitDir)
    throw error
  }
}

function formatWanted({ said, end }: RemoteResult): ObjectFormat | undefined {
  const format = end.status === 0 ? undefined : mismatch.exec(said.own)?.[1]
  return format === 'sha1' || format === 'sha256' ? format : undefined
}
