/**
 * Repositories of other servers, kept on disk as copies: those that the settings list, and those that visitors have
 * opened where the settings let them. It promises that nothing is fetched from an address that the settings do not allow
 * now, that no more is kept than there is room for, and that what is shown is whole.
 */
import type { Clock } from '../base/clock.ts'
import { forEachConcurrently } from '../base/concurrency.ts'
import { ViewerError } from '../base/errors.ts'
import { matchesName } from '../base/name-pattern.ts'
import { matchesRemote, type RemotePattern } from '../base/remote-pattern.ts'
import { parseRemoteUrl, type RemoteUrl } from '../base/remote-url.ts'
import { waitFor } from '../base/single-flight.ts'
import { KeptMirror } from './kept-mirror.ts'
import type { KnownMirrors } from './known-mirrors.ts'
import type { MirrorPlace } from './mirror.ts'
import type { ListedMirror, MirrorTools } from './mirror-tools.ts'

export interface MirrorsOptions {
  readonly listed: readonly ListedMirror[]
  /** Addresses that visitors may open. */
  readonly open: readonly RemotePattern[]
  /** Names and patterns of those that always stay. */
  readonly neverEvict: readonly string[]
  /** Clones and fetches at the same time. */
  readonly maxFetches: number
}

export interface Mirrors extends AsyncDisposable {
  /** Those of the settings, and those that are on disk. */
  all(): readonly MirrorPlace[]
  find(name: string): MirrorPlace | undefined
  /**
   * A visitor wants to see the repository at an address. It is cloned from now on, where it is not here.
   * @throws PARAMETER_INVALID, REMOTE_NOT_ALLOWED, REMOTE_REFUSED, REMOTE_UNREACHABLE, TOO_BUSY
   */
  open(address: string, signal: AbortSignal): Promise<{ readonly name: string }>
  /**
   * Fetches those that are on disk and old, and brings those here that always stay; then removes some, where there is too
   * little room.
   */
  refreshAll(signal: AbortSignal): Promise<void>
  /** May this one be removed now? */
  mayGo(name: string): boolean
  /** Removes one. @returns false where it is needed, and stays */
  evict(name: string): Promise<boolean>
}

/** Clones that visitors wait for; beyond it they are asked to come back. */
const maxCloning = 32
/** Names that are looked up for visitors: beyond it fetches would wait too long for theirs. */
const maxLookingUp = 16
/** Mirrors that are not on disk and that only the addresses in a file speak of: objects of this many are kept. */
const maxAway = 1000

/**
 * After each fetch on schedule comes a rest that is so much longer: nobody waits for it, and pages, visitors' clones and
 * remotes have the processors and the disk most of the time.
 */
const restFactor = 3
const longestRestMs = 1000

/** @param known addresses that visitors have opened; disposed with this */
export function createMirrors(options: MirrorsOptions, tools: MirrorTools, known: KnownMirrors): Mirrors {
  const stop = new AbortController()
  const byName = new Map<string, KeptMirror>()
  const listedNames = new Set(options.listed.map(({ name }) => name))
  const isKept = (name: string) => options.neverEvict.some(pattern => matchesName(pattern, name))
  const add = (listed: ListedMirror): KeptMirror => {
    const mirror = new KeptMirror(
      { ...listed, neverEvict: listed.neverEvict || isKept(listed.name) },
      tools,
      stop.signal,
    )
    byName.set(listed.name, mirror)
    return mirror
  }
  for (const listed of options.listed) add(listed)
  const isAllowed = (url: RemoteUrl) => options.open.some(pattern => matchesRemote(pattern, url))

  /** One that a visitor has opened, where it may still be shown. */
  const openedBefore = (name: string): KeptMirror | undefined => {
    const href = tools.folder.get(name)?.href
    const onDisk = href === undefined ? undefined : parseRemoteUrl(href)
    const url = onDisk && !('mistake' in onDisk) ? onDisk : known.find(name)
    if (url?.name !== name || !isAllowed(url)) return undefined
    forgetSome()
    return add({ url, name, hidden: false, neverEvict: false })
  }
  let forgetFrom = maxAway + listedNames.size
  const forgetSome = () => {
    if (byName.size < forgetFrom) return
    for (const [name, mirror] of byName) {
      if (!listedNames.has(name) && mirror.isAtRest && !mirror.isHere() && !mirror.isPaused) byName.delete(name)
    }
    // Those that stay are not looked through for each new one.
    forgetFrom = Math.max(maxAway + listedNames.size, 2 * byName.size)
  }
  const find = (name: string) => byName.get(name) ?? openedBefore(name)
  /** Several addresses have one name. The one that did not lead there must not be in the way of the one that does. */
  const placeFor = (url: RemoteUrl): KeptMirror => {
    const found = find(url.name)
    const isOther = found && found.href !== url.href && !listedNames.has(found.name)
    if (found && !(isOther && found.isAtRest && !found.isHere())) return found
    return add({ url, name: url.name, hidden: false, neverEvict: false })
  }

  let lookingUp = 0
  /**
   * Says whether an address may be asked. The system looks up few names at a time and stops for nobody: a visitor who has
   * left counts until it has.
   */
  const resolve = async (host: string, signal: AbortSignal) => {
    if (lookingUp >= maxLookingUp) throw tooMany()
    lookingUp++
    const looking = tools.guard.resolve(host, stop.signal).finally(() => {
      lookingUp--
    })
    looking.catch(() => {})
    await waitFor(looking, signal)
  }
  const here = () => tools.folder.all().flatMap(({ name }) => find(name) ?? [])

  tools.measures.gauge('gitbugviewer_mirrors', () => tools.folder.all().length)
  tools.measures.gauge('gitbugviewer_mirror_bytes', () => tools.folder.all().reduce((sum, { bytes }) => sum + bytes, 0))
  tools.measures.gauge('gitbugviewer_mirror_fetches_running', () => tools.gate.running)
  return {
    all: () => [...new Set([...options.listed.flatMap(({ name }) => byName.get(name) ?? []), ...here()])],
    find,
    async open(address, signal) {
      const url = parseRemoteUrl(address.trim())
      if ('mistake' in url) throw new ViewerError('PARAMETER_INVALID', `the address ${url.mistake}`)
      const listed = options.listed.find(one => one.url.href === url.href)
      if (listed) return { name: listed.name }
      const data = { subject: url.href }
      if (!isAllowed(url)) {
        throw new ViewerError('REMOTE_NOT_ALLOWED', 'no repository may be opened at that address', { data })
      }
      if (find(url.name)?.isHere()) return { name: url.name }
      await resolve(url.host, signal)
      // From here on nothing is waited for: it is not forgotten before its clone begins.
      forgetSome()
      const mirror = placeFor(url)
      const cloning = [...byName.values()].filter(one => one.progress() !== undefined).length
      if (!mirror.progress() && cloning >= maxCloning) {
        throw tooMany()
      }
      // Addresses that lead to nothing are forgotten with the failure.
      mirror.obtain().then(
        () => known.add(url),
        () => {},
      )
      return { name: url.name }
    },
    async refreshAll(signal) {
      const ends = AbortSignal.any([signal, stop.signal])
      const missing = [...byName.values()].filter(mirror => mirror.neverEvict && !mirror.isHere())
      const due = [...missing, ...here().filter(mirror => mirror.isDue)].filter(mirror => !mirror.isPaused)
      // One place stays free for visitors.
      await forEachConcurrently(due, Math.max(1, options.maxFetches - 1), async mirror => {
        ends.throwIfAborted()
        const startedMs = tools.clock.monotonicMs()
        // One that has left the disk meanwhile is not brought back for this. What fails was logged, and is told on the
        // pages of that mirror. Where the schedule ends, the fetch goes on until the program does.
        const work = mirror.neverEvict && !mirror.isHere() ? mirror.obtain() : mirror.refresh()
        await waitFor(Promise.allSettled([work]), ends)
        const tookMs = tools.clock.monotonicMs() - startedMs
        await rest(tools.clock, Math.min(tookMs * restFactor, longestRestMs), ends)
      })
      ends.throwIfAborted()
      await tools.folder.sweep()
      await tools.room.keep(ends)
    },
    mayGo: name => {
      const mirror = find(name)
      // Nobody may see it any more: it can go.
      return mirror === undefined || (!mirror.neverEvict && mirror.isAtRest)
    },
    async evict(name) {
      const mirror = find(name)
      if (mirror) return await mirror.leave()
      await tools.folder.remove(name)
      return true
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new ViewerError('SHUTTING_DOWN', 'the server is shutting down'))
      await Promise.all([...byName.values()].map(mirror => mirror.settled()))
      await known[Symbol.asyncDispose]()
    },
  }
}

function tooMany(): ViewerError {
  return new ViewerError('TOO_BUSY', 'many repositories are being opened; try again soon')
}

async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.startTimer(ms, resolve)
  try {
    await waitFor(promise, signal)
  } finally {
    timer.cancel()
  }
}
