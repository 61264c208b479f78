/**
 * The use of a repository by one request: the wait has a limit and ends when the client goes; the lease is given back.
 *
 *     open and fresh ──────────────────────────► use
 *     first build ──────── progressAfterMs ────► LOAD_TIMEOUT with `progress`: a page shows it, and comes back
 *                          (who does not come back waits like anybody else)
 *     anything else ────── requestMs ──────────► LOAD_TIMEOUT
 *
 * Only so many requests of one repository are at work at the same time, so that others have their turn: TOO_BUSY. Long
 * answers do not count, since many readers may wait for the same one; whoever makes them has bounds for that.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../base/errors.ts'
import { once } from '../base/once.ts'
import type { Lease } from '../cache/lease.ts'
import { type BuildProgress, progressText } from '../pages/progress-page.ts'
import { readerSignal } from './reader-signal.ts'
import type { HttpServices } from './services.ts'

/** What a handler gets. */
export interface RepositoryUse {
  readonly lease: Lease
  /** Makes a signal that fires when nobody waits for the answer any more. */
  signal(): AbortSignal
}

export interface RepositoryRequest {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** The repository's name. */
  readonly name: string
  /** For programs that ask once: they wait for a first build as well. */
  readonly isPatient?: boolean
  /** For long answers: they take longer than a page may, and do not count as works of their repository. */
  readonly isLong?: boolean
}

/**
 * Opens the repository that the address names, and runs `use` with it.
 * @throws what `acquire` throws, and LOAD_TIMEOUT: the reading then goes on, and a later request may find it done. Its
 *   data has `progress`, a `BuildProgress`, where it is the first build; TOO_BUSY
 */
export async function withRepository<T>(
  services: HttpServices,
  at: RepositoryRequest,
  use: (repository: RepositoryUse) => Promise<T>,
): Promise<T> {
  using _work = at.isLong === true ? undefined : services.works.begin(at.name)
  const signal = once(() => readerSignal(at.reply, at.isLong === true ? undefined : services.options.requestMs))
  using lease = services.manager.acquireNow(at.name) ?? (await acquireInTime(services, at, signal()))
  return await use({ lease, signal })
}

/** Where pages have no time limit: so long for the repository alone. */
const longestWaitMs = 30_000

async function acquireInTime(services: HttpServices, at: RepositoryRequest, gone: AbortSignal): Promise<Lease> {
  const { name, isPatient = false } = at
  const { manager, options } = services
  const { progressAfterMs, requestMs = longestWaitMs } = options
  const leave = new AbortController()
  gone.addEventListener('abort', () => leave.abort(gone.reason), { once: true })
  const acquiring = manager.acquire(name, leave.signal)
  try {
    const soon = await waitAtMost(acquiring, progressAfterMs)
    if (soon) return soon
    // A first build says how far it is; anything else is an open repository that has changed, and soon done: within a
    // second, however much has changed, but for a machine that is too busy.
    const progress = isPatient ? undefined : manager.progress(name)
    if (progress) throw loadTimeout(name, progress)
    const later = await waitAtMost(acquiring, Math.max(0, requestMs - progressAfterMs))
    if (later) return later
    throw loadTimeout(name, manager.progress(name))
  } catch (error) {
    // It may still come; then nobody is there to give it back.
    acquiring.then(
      late => late[Symbol.dispose](),
      () => {},
    )
    leave.abort(error)
    throw error
  }
}

/**
 * What the promise gives; undefined where that takes longer. Many requests wait at the same time for a look at the
 * files that takes a millisecond, so it has no signal, which would cost more than the rest of the wait.
 */
async function waitAtMost<T>(promise: Promise<T>, timeMs: number): Promise<T | undefined> {
  const { promise: tooLong, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), timeMs)
  try {
    return await Promise.race([promise, tooLong])
  } finally {
    clearTimeout(timer)
  }
}

function loadTimeout(name: string, progress: BuildProgress | undefined): ViewerError {
  const data = { subject: name }
  if (!progress) return new ViewerError('LOAD_TIMEOUT', 'the changes of the repository are still being read', { data })
  const { done, total, clone } = progress
  return new ViewerError('LOAD_TIMEOUT', progressText(progress), {
    data: { ...data, progress: clone ? { done, total, clone } : { done, total } },
  })
}
