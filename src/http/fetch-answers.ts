/**
 * Answers to git that fetches (gitprotocol-http, "Smart Service git-upload-pack"): lists of refs from memory, objects
 * from one `git upload-pack` for all who want the same. It lets out what bugs and people reach and nothing else of a
 * repository.
 *
 *     request ──► understood? ──► ls-refs ──► list, from memory
 *                     │ no            │ fetch
 *                     ▼               ▼
 *                  mistake     tips? reached by tips? ──► there already? ──► stream
 *                                     │ no                    │ no
 *                                     ▼                       ▼
 *                              FETCH_NOT_OFFERED       upload-pack, when it is its turn
 */
import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { isViewerError, ViewerError } from '../base/errors.ts'
import type { Lease } from '../cache/lease.ts'
import type { CreateStream } from '../streams/stream-cache.ts'
import { readProtocolVersion } from '../transfer/protocol-version.ts'
import { quietAnswer } from '../transfer/quiet-answer.ts'
import { errorPacket } from '../transfer/refusal.ts'
import { type FetchRequest, readUploadPackRequest } from '../transfer/request.ts'
import type { BodyShare } from './body-memory.ts'
import { errorAnswer, errorLabel } from './error-reply.ts'
import { createFailureLog } from './failure-log.ts'
import { createFetchOffers } from './fetch-offers.ts'
import { createFetchWants, maxOtherWants } from './fetch-wants.ts'
import { inTurn } from './long-work.ts'
import { cutOffWhenStalled, sendStream } from './send-stream.ts'
import type { FetchOptions, HttpServices } from './services.ts'
import { toldReader } from './told-reader.ts'
import type { RepositoryUse } from './with-repository.ts'

/** A request of git's to a repository that is open. */
export interface FetchUse extends RepositoryUse {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** The body of a request. */
export interface SentBody {
  /** All of it, decompressed. */
  readonly body: Buffer
  /** What it holds. */
  readonly memory: BodyShare
}

export interface FetchAnswers {
  /** The answer to `GET info/refs?service=git-upload-pack`. */
  advertise(use: FetchUse): FastifyReply
  /**
   * The answer to `POST git-upload-pack`.
   * @throws FETCH_INVALID, FETCH_NOT_OFFERED, TOO_BUSY, and what git fails of before its first bytes
   */
  answer(use: FetchUse, sent: SentBody): Promise<FastifyReply>
  /** Tells a client in git's protocol that it gets nothing, since git shows no words of an answer with another status. */
  refuse(reply: FastifyReply, error: unknown): FastifyReply
}

interface ObjectsToSend {
  /** Of the stream. */
  readonly key: string
  readonly memory: BodyShare
  /** Called only where git has to be asked. */
  ask(): Pick<FetchRequest, 'version' | 'body'>
}

/** As git itself sends it: what is offered may be another the next moment. */
const cacheControl = 'no-cache, max-age=0, must-revalidate'
const advertisementType = 'application/x-git-upload-pack-advertisement'
const resultType = 'application/x-git-upload-pack-result'
/** Requests that are recognised by their bytes. */
const maxKeys = 1000

/** @param version of this program */
export function createFetchAnswers(services: HttpServices, options: FetchOptions, version: string): FetchAnswers {
  const { streams, longWork, measures } = services
  const { stallMs } = services.options
  const offers = createFetchOffers(`git-bug-viewer/${version}`)
  const wants = createFetchWants(longWork, options.packMs)
  const failures = createFailureLog()

  const sendParts = (reply: FastifyReply, parts: readonly Uint8Array[]) => {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    cutOffWhenStalled(reply, stallMs)
    return reply.header('content-length', length).send(Readable.from(parts))
  }

  /** Keys of streams by requests as they came, which were read and checked. */
  const keys = new LRUCache<string, string>({ max: maxKeys })

  /** @throws FETCH_INVALID */
  const read = (body: Buffer, { version, lease }: { readonly version: 0 | 1 | 2; readonly lease: Lease }) => {
    const { objectFormat, tips } = lease.fetchable()
    const asked = readUploadPackRequest(body, { version, objectFormat, maxWants: tips.size + maxOtherWants })
    if (asked.kind === 'mistake') throw new ViewerError('FETCH_INVALID', asked.message)
    return asked
  }

  /** @throws FETCH_NOT_OFFERED, TOO_BUSY */
  const check = async (use: FetchUse, asked: FetchRequest) => {
    const offer = offers.offerOf(use.lease)
    // git would say whether there is such a ref, though it is hidden.
    if (!asked.deepenNot.every(name => offer.has(name))) {
      throw new ViewerError('FETCH_NOT_OFFERED', 'a history is to end at a ref that is not offered here')
    }
    await wants.check(use, [...asked.wants, ...asked.deepened])
  }

  const sendObjects = async ({ request, reply, lease }: FetchUse, { key, memory, ask }: ObjectsToSend) => {
    const create: CreateStream = async (sink, signal) => {
      using shared = lease.share()
      // Whoever sent it may go before it is its turn.
      using _held = memory.share()
      const { version: protocol, body } = ask()
      const git = { version: protocol, body, maxBytes: options.maxPackBytes, maxWorkMs: options.packMs }
      const quiet = quietAnswer()
      const send: CreateStream = async (out, stop) => {
        const write = async (bytes: Uint8Array) => {
          for (const part of quiet(bytes)) await out.write(part)
        }
        await shared.sendUploadPack(git, { sink: { write }, signal: stop })
      }
      await inTurn(longWork.of(lease.repository.name), send)(sink, signal)
    }
    const { reader } = await streams.findOrCreate(key, create)
    const told = toldReader(reader, error => {
      request.log.warn({ err: error }, 'a fetch broke off')
      return note(error).message
    })
    return await sendStream(reply, { reader: told, stallMs })
  }

  const note = (error: unknown) => {
    const told = errorAnswer(error)
    measures.count('gitbugviewer_errors_total', { code: errorLabel(told), place: 'request' })
    return { ...told, message: messageOf(error) ?? told.message }
  }

  return {
    advertise({ request, reply, lease }) {
      const protocol = protocolOf(request)
      reply.type(advertisementType).header('cache-control', cacheControl)
      return sendParts(reply, offers.offerOf(lease).advertise(protocol))
    },
    async answer(use, { body, memory }) {
      const { request, reply, lease } = use
      const version = protocolOf(request)
      reply.type(resultType).header('cache-control', cacheControl)
      const { name } = lease.repository
      const { digest } = lease.fetchable()
      // Many clients send the same request, and one of a large repository takes long to be read.
      const asItCame = JSON.stringify([name, digest, version, hash('sha256', body, 'base64')])
      const known = keys.get(asItCame)
      if (known !== undefined) {
        return await sendObjects(use, { key: known, memory, ask: () => read(body, { version, lease }) as FetchRequest })
      }
      const asked = read(body, { version, lease })
      if (asked.kind === 'empty') return reply.send('')
      if (asked.kind === 'ls-refs') return sendParts(reply, offers.offerOf(lease).list(asked.prefixes))
      await check(use, asked)
      const key = JSON.stringify(['fetch', name, digest, asked.version, hash('sha256', asked.body, 'hex')])
      keys.set(asItCame, key)
      return await sendObjects(use, { key, memory, ask: () => asked })
    },
    refuse(reply, error) {
      const told = note(error)
      if (told.status >= 500) failures.failed(reply.request, error)
      else failures.refused(reply.request, error)
      return reply.type(resultType).header('cache-control', 'no-store').send(errorPacket(told.message))
    },
  }
}

function protocolOf({ headers }: FastifyRequest): 0 | 1 | 2 {
  return readProtocolVersion(headers['git-protocol']?.toString())
}

/** What those who fetch may know, and can act on, of failures that are otherwise nobody's but the operator's. */
function messageOf(error: unknown): string | undefined {
  // It names refs that were offered a moment ago; who asks again gets the others.
  if (isViewerError(error, 'OBJECT_UNREADABLE')) return `${error.message}; fetch again to get all others`
  if (isViewerError(error, 'GIT_OUTPUT_TOO_LARGE'))
    return 'the answer is larger than this server sends; fetch fewer refs'
  if (isViewerError(error, 'GIT_TIMEOUT')) return 'the answer takes this server too long; fetch fewer refs'
  return undefined
}
