/**
 * The bus over Redis: messages on the channel `<prefix>:v1:news`, each a line of JSON with the token of its sender.
 * Whatever else is published there, by whomever, is left alone. News that the server was not there for are told when it
 * is: whoever listens may have had a connection all the time, and would never know that it has missed something.
 */
import { randomUUID } from 'node:crypto'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import type { Bus, BusListener, RepositoryNews } from './bus.ts'
import { accepted, type RedisConnection } from './redis-connection.ts'
import { createRedisFaults } from './redis-faults.ts'

export interface RedisBusOptions {
  readonly prefix: string
  readonly listener: BusListener
  readonly log: Log
  readonly measures: Measures
}

const maxNameChars = 1024
const maxDigestChars = 256
/** Repositories whose news wait for the server. */
const maxUntold = 10_000
/** Of a name that is escaped throughout, with the rest. */
const maxMessageChars = maxNameChars * 6 + 1024

/**
 * The connections stay with whoever made them, and the channel is listened to until they end; after disposal nothing is
 * handed on.
 * @param connections.listening the one that hears messages
 */
export function createRedisBus(
  { asking, listening }: { readonly asking: RedisConnection; readonly listening: RedisConnection },
  { prefix, listener, log, measures }: RedisBusOptions,
): Bus {
  const channel = `${prefix}:v1:news`
  const self = randomUUID()
  const faults = createRedisFaults('bus', 'news', { log, measures })
  /** The latest of each repository. */
  const untold = new Map<string, RepositoryNews>()
  let disposed = false

  listening.subscribe(channel, {
    message(text) {
      const message = disposed ? undefined : parseMessage(text)
      if (!message || message.from === self) return
      measures.count('gitbugviewer_bus_messages_total', { direction: 'heard' })
      listener.heard(message.news)
    },
    subscribed(gap) {
      if (gap && !disposed) listener.missed()
    },
  })

  const publish = async (news: RepositoryNews) => {
    if (untold.size < maxUntold) untold.set(news.repository, news)
    try {
      const [reply] = await asking.send([['PUBLISH', channel, JSON.stringify({ from: self, ...news })]])
      accepted(reply)
      if (untold.get(news.repository) === news) untold.delete(news.repository)
      faults.worked()
      measures.count('gitbugviewer_bus_messages_total', { direction: 'told' })
    } catch (error) {
      faults.failed(error)
    }
  }

  asking.whenBack(() => {
    if (!disposed) for (const news of untold.values()) void publish(news)
  })

  return {
    tell({ repository, digest }) {
      if (!disposed && isName(repository)) void publish({ repository, digest })
    },
    async [Symbol.asyncDispose]() {
      disposed = true
    },
  }
}

function parseMessage(text: string): { readonly from: string; readonly news: RepositoryNews } | undefined {
  if (text.length > maxMessageChars) return undefined
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof message !== 'object' || message === null) return undefined
  const { from, repository, digest } = message as Readonly<Record<string, unknown>>
  if (typeof from !== 'string' || !isName(repository)) return undefined
  const isDigest = typeof digest === 'string' && /^[\x21-\x7e]+$/.test(digest) && digest.length <= maxDigestChars
  if (digest !== undefined && !isDigest) return undefined
  return { from, news: { repository, digest: isDigest ? digest : undefined } }
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= maxNameChars
}
