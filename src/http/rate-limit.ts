/**
 * Answers that have to be made, bounded for each network (`crawlers.requestsPerMinute`): a bucket that fills evenly and
 * holds a minute's worth. An answer that is there already takes nothing out of it. Only the networks that asked last
 * are remembered, so that many of them take no more memory than that.
 */
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import type { RepeatedAnswers } from './repeated-answers.ts'
import { repositoryPrefix } from './repository-url.ts'

export interface RateLimit {
  /** Takes one answer out of the bucket. @throws RATE_LIMITED where it is empty, with `retryAfterSeconds` */
  take(request: FastifyRequest): void
  /** The answer had not to be made: what was taken for it, if anything was, comes back. */
  giveBack(request: FastifyRequest): void
}

/** No bound. */
export const noRateLimit: RateLimit = { take() {}, giveBack() {} }

interface Bucket {
  /** Answers that are left, each counted as `perAnswer`. */
  left: number
  atMs: number
}

const minuteMs = 60_000
/** What one answer takes: so much that a millisecond brings a whole number, since fractions do not add up. */
const perAnswer = minuteMs
/** Networks that are remembered; one that was forgotten begins anew. */
const maxNetworks = 10_000

/** @param perMinute 0 is no bound */
export function createRateLimit(perMinute: number, clock: Clock): RateLimit {
  if (perMinute === 0) return noRateLimit
  const full = perMinute * perAnswer
  const buckets = new LRUCache<string, Bucket>({ max: maxNetworks })
  // Requests that took nothing are answered from memory, too, and would fill the bucket for others.
  const taken = new WeakSet<FastifyRequest>()
  const bucketOf = ({ ip }: FastifyRequest): Bucket => {
    const network = networkOf(ip)
    const nowMs = clock.monotonicMs()
    let bucket = buckets.get(network)
    if (bucket) {
      bucket.left = Math.min(full, bucket.left + (nowMs - bucket.atMs) * perMinute)
      bucket.atMs = nowMs
    } else {
      bucket = { left: full, atMs: nowMs }
      buckets.set(network, bucket)
    }
    return bucket
  }
  return {
    take(request) {
      const bucket = bucketOf(request)
      if (bucket.left < perAnswer) {
        const waitMs = (perAnswer - bucket.left) / perMinute
        const data = { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
        throw new ViewerError('RATE_LIMITED', 'too many requests came from this network', { data })
      }
      bucket.left -= perAnswer
      taken.add(request)
    },
    giveBack(request) {
      if (!taken.delete(request)) return
      const bucket = bucketOf(request)
      bucket.left = Math.min(full, bucket.left + perAnswer)
    },
  }
}

/** Not for readers, or made once and for ever. */
const freeRoutes: ReadonlySet<string> = new Set([
  '/healthz',
  '/readyz',
  '/metrics',
  '/robots.txt',
  '/hooks/post-receive',
  '/-/static/:file',
  // A browser that is refused never asks again; streams have a bound of their own.
  `${repositoryPrefix}/events`,
])

/** Bounds all routes of a server but those that cost nothing, or are not for readers. */
export function addRateLimit(app: FastifyInstance, limit: RateLimit, repeated: RepeatedAnswers) {
  if (limit === noRateLimit) return
  app.addHook('onRequest', (request, _reply, done) => {
    const isFree = freeRoutes.has(request.routeOptions.url ?? '') || repeated.isThere(request.originalUrl)
    if (!isFree) limit.take(request)
    done()
  })
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
