/**
 * Files that operations attach. They come from whoever could push, so they are data and never pages: a few kinds that a
 * browser can show safely keep their type, told by their first bytes and not by a name; everything else is a download.
 * What does load runs in a sandbox of its own, and no script or style can be loaded from it. A hash names the same bytes
 * for ever, so nobody has to ask twice, and whoever has a part can get the rest.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { createGate } from '../../base/gate.ts'
import type { FileKind } from '../../bug/file-kind.ts'
import type { Lease } from '../../cache/lease.ts'
import { piecesOf } from '../../streams/pieces.ts'
import { sendHead } from '../answer.ts'
import { type AttachedFile, type FileTools, openAttachedFile } from '../attached-file.ts'
import { byteRangesBody, contentRange } from '../byte-ranges.ts'
import { matchesEtag } from '../entity-tag.ts'
import { chooseRange } from '../range.ts'
import { repositoryPrefix } from '../repository-url.ts'
import { type StreamToSend, sendStream } from '../send-stream.ts'
import type { PageServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'

/** Kinds that are shown. Logs are why plain text is one; nothing is taken for a script or a style that is called so. */
const shownKinds: Readonly<Record<FileKind, { readonly type: string; readonly ending: string }>> = {
  png: { type: 'image/png', ending: '.png' },
  jpeg: { type: 'image/jpeg', ending: '.jpg' },
  gif: { type: 'image/gif', ending: '.gif' },
  webp: { type: 'image/webp', ending: '.webp' },
  text: { type: 'text/plain; charset=utf-8', ending: '.txt' },
}
/** A browser lays a text out whole; a longer one is for other programs. */
const maxShownTextBytes = 4 * 1024 * 1024
/** Files that are read from git at the same time: a page of pictures is not to wait for somebody's large download. */
const maxReads = 16
/** The same of one repository. */
const maxReadsOfOne = 12

interface FileAt {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly lease: Lease
  readonly hash: string
}

export async function fileRoutes(app: FastifyInstance, services: PageServices) {
  const tools: FileTools = { streams: services.streams, gate: createGate(maxReads, maxReadsOfOne) }
  app.route<{ Params: { name: string; hash: string } }>({
    // The HEAD route that comes with a GET route by itself would read the file to its end.
    method: ['GET', 'HEAD'],
    url: `${repositoryPrefix}/files/:hash`,
    exposeHeadRoute: false,
    handler: (request, reply) =>
      withRepository(services, { request, reply, name: request.params.name, isLong: true }, ({ lease }) =>
        answerFile(services, tools, { request, reply, lease, hash: request.params.hash }),
      ),
  })
}

async function answerFile(services: PageServices, tools: FileTools, at: FileAt): Promise<FastifyReply> {
  const { request, reply, lease, hash } = at
  if (!lease.attaches(hash)) {
    throw new ViewerError('FILE_UNKNOWN', 'no such file is attached to a bug', { data: { subject: hash } })
  }
  const etag = `"${hash}"`
  const lasting = { etag, 'cache-control': 'public, max-age=31536000, immutable' }
  // Whoever has it need not be told whether it is still there.
  if (matchesEtag(request.headers['if-none-match'], etag)) {
    services.rateLimit.giveBack(request)
    return sendHead(request, reply.headers(lasting), 304)
  }
  const file = await openAttachedFile(tools, at)
  const headers = { ...lasting, ...headersOf(file, hash) }
  if (request.method === 'HEAD') {
    return sendHead(request, reply.headers({ ...headers, 'content-length': String(file.size) }), 200)
  }
  return await sendStream(reply, { ...wantedPart(at, file, headers), stallMs: services.options.stallMs })
}

function headersOf({ kind, size }: AttachedFile, hash: string) {
  const shown = kind && shownKinds[kind]
  const isInline = shown !== undefined && (kind !== 'text' || size <= maxShownTextBytes)
  return {
    'accept-ranges': 'bytes',
    'content-type': shown?.type ?? 'application/octet-stream',
    'content-disposition': `${isInline ? 'inline' : 'attachment'}; filename="${hash.slice(0, 12)}${shown?.ending ?? ''}"`,
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
  }
}

type SentPart = Omit<StreamToSend, 'stallMs'>

/** What of the file is to be sent, and with which status and headers. @throws RANGE_UNSATISFIABLE */
function wantedPart(
  { request, reply }: FileAt,
  { reader, at, size }: AttachedFile,
  headers: ReturnType<typeof headersOf> & { readonly etag: string },
): SentPart {
  const range = isForThis(request, headers.etag) ? chooseRange(request.headers.range, size) : 'whole'
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${size}`)
    throw new ViewerError('RANGE_UNSATISFIABLE', 'no part of the file lies in that range')
  }
  if (range === 'whole') {
    reader.skipTo(at)
    return { reader, pieces: piecesOf(reader, at + size), headers: { ...headers, 'content-length': String(size) } }
  }
  const [first, ...others] = range
  reader.skipTo(at + first.start)
  if (others.length === 0) {
    const length = { 'content-length': String(first.end - first.start), 'content-range': contentRange(first, size) }
    return { reader, pieces: piecesOf(reader, at + first.end), status: 206, headers: { ...headers, ...length } }
  }
  const ranges = byteRangesBody({ parts: range, size, type: headers['content-type'] })
  const ofRanges = { 'content-type': ranges.contentType, 'content-length': String(ranges.contentLength) }
  return { reader, pieces: ranges.pieces(reader, at), status: 206, headers: { ...headers, ...ofRanges } }
}

/** RFC 9110, 13.1.5: a part is wanted only of what the client has already. A date is none of ours. */
function isForThis(request: FastifyRequest, etag: string): boolean {
  const condition = request.headers['if-range']
  return condition === undefined || condition === etag
}
