/**
 * `GET /<name>/-/events?state=<digest>`: server-sent events, for pages that are open. It says `newer` with the digest of
 * the repository as soon as that is another one than `state`, at once where it is already, and again with each state
 * that follows. A stream holds no repository open, reads nothing, and ends when the server does.
 *
 * Who comes when all places are taken gets the same first answer and is sent away for some minutes: such a page learns
 * later, and no error. A reader that does not take what it is sent is left.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import type { CacheManager } from '../../cache/cache-manager.ts'
import type { Registry } from '../../cache/registry.ts'
import type { Watcher } from '../../cache/watchers.ts'
import { networkOf } from '../rate-limit.ts'
import { repositoryPrefix } from '../repository-url.ts'

interface EventsRequest {
  Params: { name: string }
  Querystring: { state?: unknown }
}

export interface EventsOptions {
  readonly manager: Pick<CacheManager, 'card' | 'watch'> & { readonly registry: Pick<Registry, 'find'> }
  /** Streams that are open at the same time. */
  readonly maxListeners: number
}

/** How long a browser waits before it asks again, once the stream has ended. */
const retryMs = 5000
/** The same where there was no place. */
const retryWhenFullMs = 300_000
/** One network may take this part of all places. */
const networkShare = 4

export async function eventRoutes(app: FastifyInstance, { manager, maxListeners }: EventsOptions) {
  const streams = new Set<EventStream>()
  let isEnding = false
  const ofNetwork = (network: string) => streams.values().reduce((n, one) => n + Number(one.network === network), 0)
  const hasPlace = (network: string) =>
    streams.size < maxListeners && ofNetwork(network) < Math.max(1, maxListeners / networkShare)

  // Before the server waits for its answers to end: these never do by themselves.
  app.addHook('preClose', async () => {
    isEnding = true
    for (const stream of streams) stream.finish()
  })

  app.get<EventsRequest>(`${repositoryPrefix}/events`, { exposeHeadRoute: false }, async (request, reply) => {
    const { name } = request.params
    // What a browser has heard before it lost the connection says more than the address.
    const state = readState(request.headers['last-event-id'] ?? request.query.state)
    if (!(await manager.registry.find(name))) {
      throw new ViewerError('REPOSITORY_UNKNOWN', 'no repository of that name is served here', {
        data: { subject: name },
      })
    }
    const network = networkOf(request.ip)
    if (!hasPlace(network)) {
      const digest = manager.card(name)?.digest
      return await setHeaders(reply).send(`retry: ${retryWhenFullMs}\n\n${digest ? newerThan(state, digest) : ''}`)
    }
    const stream = new EventStream(state, network)
    streams.add(stream)
    const watching = manager.watch(name, stream)
    stream.once('close', () => {
      watching[Symbol.dispose]()
      streams.delete(stream)
    })
    // It was asked for just before, and looked for meanwhile.
    if (isEnding) stream.finish()
    return await setHeaders(reply).send(stream)
  })
}

function setHeaders(reply: FastifyReply): FastifyReply {
  return reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
}

/** Digits of a digest, 7 or more. @throws PARAMETER_INVALID */
function readState(state: unknown): string {
  if (typeof state === 'string' && /^[0-9a-f]{7,64}$/.test(state)) return state
  throw new ViewerError('PARAMETER_INVALID', 'state must be the digest that the page shows')
}

/** The event for a reader that has `state`; empty where the digest is that. */
function newerThan(state: string, digest: string): string {
  return digest.startsWith(state) ? '' : `event: newer\nid: ${digest}\ndata: ${digest}\n\n`
}

class EventStream extends Readable implements Watcher {
  readonly network: string
  #state: string
  #isFull = false
  #isFinished = false

  constructor(state: string, network: string) {
    super()
    this.#state = state
    this.network = network
    this.push(`retry: ${retryMs}\n\n`)
  }

  seen(digest: string) {
    this.#write(newerThan(this.#state, digest))
    this.#state = digest
  }

  tick() {
    this.#write(':\n\n')
  }

  finish() {
    if (!this.#isFinished) this.push(null)
    this.#isFinished = true
  }

  #write(text: string) {
    if (text === '' || this.destroyed || this.#isFinished) return
    // What was pushed before is still waiting for the reader, and so would be all that follows.
    if (this.#isFull) this.destroy()
    else this.#isFull = !this.push(text)
  }

  override _read() {
    this.#isFull = false
  }
}
