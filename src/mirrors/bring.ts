/**
 * How a remote repository comes to this disk, and how it is brought up to date: within the room that was promised, from
 * cold storage where that has it, and never visible before it is complete.
 *
 *     reserve some room ──► cold storage ──► fetch ──► any bugs? ──► tidy ──► measure, rename: visible
 *            ▲                                 │
 *            └──── twice as much ◄── too large for that room, and not for the settings
 */
import { isViewerError, ViewerError } from '../base/errors.ts'
import type { RemoteUrl } from '../base/remote-url.ts'
import type { FetchProgress, RemoteAccess, RemoteLimits } from '../git/remote-fetch.ts'
import { reasonOf } from './attempts.ts'
import { findFrozen } from './freezer.ts'
import type { RemoteFailure } from './mirror.ts'
import type { MirrorTools } from './mirror-tools.ts'

/** What is to be brought. */
export interface MirrorTarget {
  readonly name: string
  readonly url: RemoteUrl
  readonly credentials?: { readonly user: string; readonly password: string } | undefined
}

export interface BringOptions {
  readonly signal: AbortSignal
  onProgress?(progress: FetchProgress): void
}

export interface FetchOptions extends BringOptions {
  /** What the last fetch has failed with, where it has. */
  readonly lastReason?: RemoteFailure | undefined
}

/** Room that a clone begins with. Most trackers need less. */
const firstBytes = 16 * 1024 ** 2
/** Room that a fetch begins with: what has been pushed since the last one. */
const fetchBytes = 4 * 1024 ** 2
const refPrefixes = ['refs/bugs', 'refs/identities']

/**
 * Clones a repository that is not here.
 * @returns why it is not up to date, where it came from cold storage and could not be fetched
 * @throws REPOSITORY_EMPTY, REMOTE_*, MIRROR_NO_ROOM, the signal's reason
 */
export async function cloneMirror(tools: MirrorTools, target: MirrorTarget, options: BringOptions): Promise<unknown> {
  const { signal } = options
  // Before anything is removed for it: an address that leads nowhere needs no room.
  const address = await tools.guard.resolve(target.url.host, signal).then(found => ({ found }), failed)
  const frozen = await findFrozen(tools, target, signal)
  if ('error' in address && !frozen) throw address.error
  const least = Math.max(firstBytes, frozen ? roomFactor * frozen.bytes : 0)
  return await withRoom(tools, { name: target.name, least, signal }, async (limits, work) => {
    const { folder, git, clock } = tools
    await using place = await folder.begin(target.name)
    const { gitDir } = place
    const onProgress = options.onProgress ?? (() => {})
    await git.remotes.init(gitDir)
    const thawed = (await frozen?.thaw({ gitDir, limits, onProgress }, work)) === true
    // What broke off in the middle has left something behind.
    if (frozen && !thawed) await git.remotes.init(gitDir)
    const refsNow = async () => await git.listRefs(gitDir, { prefixes: refPrefixes, signal: work })
    const thawedRefs = thawed ? (await refsNow()).digest : undefined
    let late: unknown
    try {
      if ('error' in address) throw address.error
      const remote = accessTo(tools, target, address.found)
      await git.remotes.fetch({ gitDir, remote, limits, onProgress }, work)
    } catch (error) {
      if (!thawed || work.aborted) throw error
      late = error
    }
    const refs = await refsNow()
    if (refs.bytes.length === 0) {
      throw new ViewerError('REPOSITORY_EMPTY', 'the remote repository holds neither bugs nor identities of git-bug')
    }
    await git.remotes.tidy(gitDir, work)
    work.throwIfAborted()
    const fetchedMs = late === undefined ? clock.nowMs() : (frozen?.fetchedMs ?? 0)
    const { href } = target.url
    await place.finish({ href, fetchedMs, ...(refs.digest === thawedRefs ? { coldRefs: thawedRefs } : {}) })
    return late
  })
}

/**
 * Fetches what has moved of a repository that is here. A copy that was damaged here is made anew.
 * @returns whether anything has
 * @throws REMOTE_*, MIRROR_NO_ROOM, the signal's reason; the repository then stays as it was
 */
export async function fetchMirror(tools: MirrorTools, target: MirrorTarget, options: FetchOptions): Promise<boolean> {
  try {
    return await fetchNews(tools, target, options)
  } catch (error) {
    const { signal } = options
    const { name } = target
    const isOurs = canBeOurs.has(reasonOf(error))
    // Once for all failures in a row of that kind: it reads everything.
    const isKnown = options.lastReason !== undefined && canBeOurs.has(options.lastReason)
    if (signal.aborted || !isOurs || isKnown || (await isSound(tools, name, signal))) throw error
    tools.log.warn({ err: error, mirror: name }, 'the copy of a remote repository is damaged, and is made anew')
    const late = await cloneMirror(tools, target, options)
    if (late !== undefined) throw late
    return true
  }
}

/** What a fetch fails with where the copy is damaged, and not what was sent. */
const canBeOurs: ReadonlySet<RemoteFailure> = new Set(['damaged', 'failed'])

/** Reads all that the refs of a mirror reach. */
async function isSound({ folder, git }: MirrorTools, name: string, signal: AbortSignal): Promise<boolean> {
  const { gitDir } = folder.location(name)
  try {
    const refs = await git.listRefs(gitDir, { prefixes: refPrefixes, signal })
    if (refs.bytes.length === 0) return true
    for await (const _ of git.remotes.bundle(gitDir, signal));
    return true
  } catch (error) {
    signal.throwIfAborted()
    // A disk that is slow or full says nothing of what is on it.
    return !isViewerError(error, 'GIT_FAILED') && !isViewerError(error, 'OBJECT_UNREADABLE')
  }
}

async function fetchNews(tools: MirrorTools, target: MirrorTarget, options: BringOptions): Promise<boolean> {
  const { folder, git, clock, guard } = tools
  const { signal, onProgress = () => {} } = options
  const { name, url } = target
  const { gitDir } = folder.location(name)
  const remote = accessTo(tools, target, await guard.resolve(url.host, signal))
  const digest = async () => (await git.listRefs(gitDir, { prefixes: refPrefixes, signal })).digest
  const before = await digest()
  const most = await roomToGrow(tools, name, signal)
  await withRoom(tools, { name, least: fetchBytes, most, signal }, async (limits, work) => {
    try {
      await git.remotes.fetch({ gitDir, remote, limits, onProgress }, work)
    } catch (error) {
      await folder.update(name, { measure: true })
      throw error
    }
  })
  const hasMoved = (await digest()) !== before
  if (hasMoved) await tidyInRoom(tools, name, signal)
  await folder.update(name, { fetchedMs: clock.nowMs(), href: url.href, measure: hasMoved })
  return hasMoved
}

/**
 * What a mirror may still become: with what it needs no more, and was not forgotten yet, it takes as much as a clone may.
 * A remote that has others fetch all of it anew again and again fills no disk.
 * @throws REMOTE_TOO_LARGE
 */
async function roomToGrow(tools: MirrorTools, name: string, signal: AbortSignal): Promise<number> {
  // Folders and what git keeps in them count, too.
  const all = roomFactor * tools.options.maxRepositoryBytes + fetchBytes
  const left = async () => all - (await tools.folder.measure(name))
  let most = await left()
  if (most < all / 2) {
    await tidyInRoom(tools, name, signal)
    most = await left()
  }
  if (most > 0) return Math.max(most, fetchBytes)
  const data = { limit: 'bytes' }
  throw new ViewerError('REMOTE_TOO_LARGE', 'what has come of the remote takes more room than the limit', { data })
}

/** Packs that are put together are on disk twice for a while; where there is no room for that, it waits. */
async function tidyInRoom(tools: MirrorTools, name: string, signal: AbortSignal): Promise<void> {
  const { folder, git, log, room } = tools
  try {
    const { gitDir } = folder.location(name)
    const bytes = await git.remotes.bytesToTidy(gitDir)
    // Nobody has to leave for refs that become one file.
    using _reserved = bytes > 0 ? await room.reserve({ name, least: bytes, most: bytes }, signal) : undefined
    using disk = watchDisk(tools, signal)
    await git.remotes.tidy(gitDir, disk.signal)
  } catch (error) {
    signal.throwIfAborted()
    log.warn({ err: error, mirror: name }, 'a mirror cannot be put in order now')
  }
}

function failed(error: unknown) {
  return { error }
}

function accessTo({ options }: MirrorTools, { url, credentials }: MirrorTarget, address: string): RemoteAccess {
  const { caFile, ssh } = options
  return { url, address, credentials, caFile, ssh }
}

/** Beside a pack there is its index, and a file for each ref until they are packed. */
const roomFactor = 2

interface RoomWanted {
  readonly name: string
  readonly least: number
  /** As much as a clone may take, where nothing is said. */
  readonly most?: number
  readonly signal: AbortSignal
}

/** Does something in a room, and in twice as much where that was not enough; all that within the time for one. */
async function withRoom<T>(
  tools: MirrorTools,
  wanting: RoomWanted,
  work: (limits: RemoteLimits, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { maxRepositoryBytes, maxObjects, timeoutMs } = tools.options
  const { name, least, most = roomFactor * maxRepositoryBytes, signal } = wanting
  let leftMs = timeoutMs
  for (let wanted = Math.min(least, most); ; ) {
    using reserved = await tools.room.reserve({ name, least: wanted, most }, signal)
    const maxFileBytes = Math.min(maxRepositoryBytes, Math.floor(reserved.bytes / roomFactor))
    using disk = watchDisk(tools, signal)
    const startedMs = tools.clock.monotonicMs()
    try {
      return await work({ maxFileBytes, maxObjects, timeoutMs: leftMs }, disk.signal)
    } catch (error) {
      leftMs = Math.max(0, leftMs - (tools.clock.monotonicMs() - startedMs))
      const isTooLarge =
        error instanceof ViewerError && error.code === 'REMOTE_TOO_LARGE' && error.data.limit === 'bytes'
      if (!isTooLarge || reserved.bytes >= most || maxFileBytes >= maxRepositoryBytes)
        throw disk.signal.aborted ? disk.signal.reason : error
      wanted = Math.min(most, 2 * reserved.bytes)
    }
  }
}

const looksAtDiskEachMs = 250

/** Ends a work that would fill the disk, whatever was reserved: others write there too. */
function watchDisk({ folder, clock, options }: MirrorTools, signal: AbortSignal): Disposable & { signal: AbortSignal } {
  const full = new AbortController()
  const leastBytes = options.minFreeBytes / 2
  let isOver = false
  const look = async () => {
    const freeBytes = await folder.freeBytes().catch(() => undefined)
    if (isOver) return
    if (freeBytes !== undefined && freeBytes < leastBytes) {
      full.abort(new ViewerError('MIRROR_NO_ROOM', 'the disk is nearly full'))
    } else arm()
  }
  let timer = clock.startTimer(looksAtDiskEachMs, () => void look())
  const arm = () => {
    timer = clock.startTimer(looksAtDiskEachMs, () => void look())
  }
  return {
    signal: AbortSignal.any([signal, full.signal]),
    [Symbol.dispose]() {
      isOver = true
      timer.cancel()
    },
  }
}
