/**
 * All bugs and people of a repository as a git bundle: one file that git reads like a repository. What cannot be packed
 * is left out, also where that shows only while it is packed.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isViewerError } from '../../base/errors.ts'
import type { Lease } from '../../cache/lease.ts'
import { bundleFileName } from '../../pages/about-page.ts'
import type { StreamSink } from '../../streams/stream-cache.ts'
import { bundleHead } from '../../transfer/bundle.ts'
import { sendLongAnswer } from '../long-answer.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { HttpServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'

interface Use {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly lease: Lease
}

export async function bundleRoutes(app: FastifyInstance, services: HttpServices) {
  app.get<{ Params: { name: string } }>(`${repositoryPrefix}/bugs.bundle`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name, isLong: true }, async ({ lease }) => {
      const use = { request, reply, lease }
      const { digest } = lease.fetchable()
      try {
        return await sendBundle(services, use)
      } catch (error) {
        // It is known by now what has spoiled it.
        const isBetterNow = isViewerError(error, 'OBJECT_UNREADABLE') && lease.fetchable().digest !== digest
        if (!isBetterNow) throw error
        return await sendBundle(services, use)
      }
    }),
  )
}

async function sendBundle(services: HttpServices, { request, reply, lease }: Use): Promise<FastifyReply> {
  const { name } = lease.repository
  // The refs that the ETag is about, whatever is found out until it is made.
  const content = lease.fetchable()
  const what = { state: content.digest, format: 'bundle', key: name, fileName: bundleFileName(name) } as const
  return await sendLongAnswer(
    services,
    { request, reply },
    {
      ...what,
      lease,
      // A pack is compressed already.
      isText: false,
      make: ({ lease: held, sink, signal }) =>
        held.sendPack([...content.tips], { sink: headedSink(() => bundleHead(content), sink), signal }),
    },
  )
}

/** Puts the head before the first bytes and not earlier: where git fails at once, that is an answer of its own. */
function headedSink(head: () => Buffer, sink: StreamSink): StreamSink {
  let isHeaded = false
  return {
    async write(bytes) {
      if (isHeaded) return await sink.write(bytes)
      isHeaded = true
      await sink.write(Buffer.concat([head(), bytes]))
    },
  }
}
