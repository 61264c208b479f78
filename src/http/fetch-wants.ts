/**
 * Whether a fetch may have what it wants: tips of refs that are offered, and what these reach. git itself, asked for any
 * object, sends it, whatever refs hide. Looking for what is no tip means a walk over a repository: it is done once for
 * all who ask at the same time, in turn with other long work, and what was found is remembered.
 */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { ViewerError } from '../base/errors.ts'
import type { SharedGate } from '../base/gate.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import type { Lease } from '../cache/lease.ts'
import { inTurn } from './long-work.ts'
import type { RepositoryUse } from './with-repository.ts'

export interface FetchWants {
  /** @throws FETCH_NOT_OFFERED, TOO_BUSY, the codes of git */
  check(use: RepositoryUse, wants: readonly string[]): Promise<void>
}

/** One request may want so many objects that are no tips: a clone without files asks for them later, in great numbers. */
export const maxOtherWants = 50_000
const maxKnown = 1000

/** @param maxMs for one walk, with the wait for its turn */
export function createFetchWants(longWork: SharedGate, maxMs: number): FetchWants {
  const walks = createSingleFlight<string, boolean>()
  const known = new LRUCache<string, true>({ max: maxKnown })

  const walk = async (lease: Lease, hashes: readonly string[], stop: AbortSignal): Promise<boolean> => {
    // Whoever asked first may go before the others.
    using shared = lease.share()
    const late = new AbortController()
    const timer = setTimeout(
      () => late.abort(new ViewerError('GIT_TIMEOUT', 'looking for what a fetch wants took too long')),
      maxMs,
    )
    let areReached = false
    const look = inTurn(longWork.of(lease.repository.name), async (_sink, signal) => {
      areReached = await shared.areFetchable(hashes, signal)
    })
    try {
      await look({ write: async () => {} }, AbortSignal.any([stop, late.signal]))
    } finally {
      clearTimeout(timer)
    }
    return areReached
  }

  return {
    async check({ lease, signal }, wants) {
      const { tips, digest } = lease.fetchable()
      const others = wants.filter(want => !tips.has(want))
      const [first] = others
      if (first === undefined) return
      if (others.length > maxOtherWants) {
        throw new ViewerError(
          'FETCH_NOT_OFFERED',
          `more than ${maxOtherWants} objects are wanted that no ref points to`,
        )
      }
      const key = hash('sha256', JSON.stringify([lease.repository.name, digest, others]), 'hex')
      if (known.has(key)) return
      if (!(await walks.run(key, stop => walk(lease, others, stop), signal()))) {
        const which = others.length === 1 ? first : `${first} or another of ${others.length} objects`
        throw new ViewerError('FETCH_NOT_OFFERED', `${which} is not part of any bug or person that is offered here now`)
      }
      known.set(key, true)
    },
  }
}
