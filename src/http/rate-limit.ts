/**
 * Answers that have to be made, bounded for each network (`crawlers.requestsPerMinute`): a bucket that fills evenly and
 * holds a minute's worth, shared by all instances where they share anything. An answer that is there already takes
 * nothing out of it, and asks nobody; one that costs more than a page takes more.
 */
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ViewerError } from '../base/errors.ts'
import type { RateBuckets } from '../store/rate-buckets.ts'
import type { RepeatedAnswers } from './repeated-answers.ts'
import { gitPrefix, repositoryPrefix } from './repository-url.ts'
import { unboundedRoutes } from './unbounded-routes.ts'

export interface RateLimit {
  /**
   * Takes an answer out of the bucket.
   * @throws RATE_LIMITED where there is not enough in it, with `retryAfterSeconds`; at once where nobody has to be asked
   */
  take(request: FastifyRequest): Promise<void> | undefined
  /** The answer had not to be made: what was taken for it, if anything was, comes back. */
  giveBack(request: FastifyRequest): void
}

/** No bound. */
export const noRateLimit: RateLimit = { take: () => undefined, giveBack() {} }

/**
 * @param perMinute 0 is no bound
 * @param openBuckets called with what is above 0
 */
export function createRateLimit(perMinute: number, openBuckets: (perMinute: number) => RateBuckets): RateLimit {
  if (perMinute === 0) return noRateLimit
  const buckets = openBuckets(perMinute)
  // Requests that took nothing are answered from memory, too, and would fill the bucket for others.
  const taken = new WeakMap<FastifyRequest, { readonly network: string; readonly cost: number }>()
  return {
    take(request) {
      const network = networkOf(request.ip)
      // No bucket holds more than a minute's worth.
      const cost = Math.min(perMinute, costs.get(request.routeOptions.url ?? '') ?? 1)
      const told = (waitMs: number) => {
        if (waitMs > 0) throw limited(waitMs)
        taken.set(request, { network, cost })
      }
      const waitMs = buckets.take(network, cost)
      if (typeof waitMs !== 'number') return waitMs.then(told)
      told(waitMs)
      return undefined
    },
    giveBack(request) {
      const out = taken.get(request)
      if (!out) return
      taken.delete(request)
      void buckets.take(out.network, -out.cost)
    },
  }
}

function limited(waitMs: number): ViewerError {
  const data = { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
  return new ViewerError('RATE_LIMITED', 'too many requests came from this network', { data })
}

/** What takes more than a page does: many repositories are looked into, or all bugs of one are written. */
const costs: ReadonlyMap<string, number> = new Map([
  ...['/-/search', '/-/search.json', '/-/search.atom'].map(url => [url, 4] as const),
  ...['bundle', 'ndjson', 'mbox', 'md'].map(format => [`${repositoryPrefix}/bugs.${format}`, 4] as const),
  [`${gitPrefix}/git-upload-pack`, 4],
])

/** A browser that is refused never asks again; streams have a bound of their own. */
const eventsRoute = `${repositoryPrefix}/events`

/** Bounds all routes of a server but those that cost nothing, or are not for readers. */
export function addRateLimit(app: FastifyInstance, limit: RateLimit, repeated: RepeatedAnswers) {
  if (limit === noRateLimit) return
  app.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url ?? ''
    const isFree = unboundedRoutes.has(route) || route === eventsRoute || repeated.isKept(request.originalUrl)
    const asked = isFree ? undefined : limit.take(request)
    // Most buckets are here: a promise would cost each request more than the rest of its limit.
    if (asked) void settle(asked, done)
    else done()
  })
}

async function settle(asked: Promise<void>, done: (error?: Error) => void) {
  try {
    await asked
  } catch (error) {
    return done(error as Error)
  }
  done()
}

/**
 * The network that an address is in: its first 24 bits, of IPv6 the first 48. An IPv4 address that is written as one of
 * IPv6 is an IPv4 address.
 * @param address undefined of a visitor who is gone already, whatever Fastify's types say
 */
export function networkOf(address = ''): string {
  const ip = address.split('%', 1)[0] ?? ''
  const version = isIP(ip)
  if (version === 0) return address
  if (version === 4) return ip.split('.').slice(0, 3).join('.')
  const groups = expand(ip)
  const isMapped = groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff
  if (!isMapped)
    return groups
      .slice(0, 3)
      .map(group => group.toString(16))
      .join(':')
  const [high = 0, low = 0] = groups.slice(6)
  return [high >>> 8, high & 0xff, low >>> 8].join('.')
}

/** The eight groups of an IPv6 address. */
function expand(ip: string): number[] {
  // The last two groups may be written as an IPv4 address.
  const plain = ip.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [start = '', end] = plain.split('::')
  const read = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)))
  const [first, last] = [read(start), read(end ?? '')]
  return [...first, ...Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => 0), ...last]
}
