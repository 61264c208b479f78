/**
 * How a long answer that depends on a state goes out: ETag and 304 as for a page (`answer.ts`), then the stream of that
 * state, which is made once for all who ask and compressed once for each encoding. It is made of the state that its key
 * names, also where the repository moves meanwhile.
 */
import { pipeline } from 'node:stream/promises'
import { constants, createBrotliCompress, createGzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { plainFileName } from '../base/file-name.ts'
import type { Lease } from '../cache/lease.ts'
import type { CreateStream, StreamSink } from '../streams/stream-cache.ts'
import { contentTypes, type StateAnswer, sendHead } from './answer.ts'
import { chooseEncoding } from './choose-encoding.ts'
import type { Encoding } from './finished-pages.ts'
import { inTurn } from './long-work.ts'
import { sendStream } from './send-stream.ts'
import type { HttpServices } from './services.ts'

/** An answer that is the same as long as its state is. */
export interface LongAnswer extends Required<Pick<StateAnswer, 'state' | 'format' | 'key' | 'fileName'>> {
  readonly lease: Lease
  /** Whether it is smaller when it is compressed. */
  readonly isText: boolean
  /** Looks at what was asked before anything is made. @throws what is wrong with it */
  check?(): void
  /** Writes it, when it is its turn. */
  make(making: Making): Promise<void>
}

export interface Making {
  /** Of the same state, for as long as this takes. */
  readonly lease: Lease
  readonly sink: StreamSink
  /** Fires when nobody wants it any more. */
  readonly signal: AbortSignal
  /** What the sink is to get; null for the text as it is. */
  readonly encoding: Encoding | null
}

/** @throws what `check` and `make` throw before the first bytes, and TOO_BUSY */
export async function sendLongAnswer(
  services: HttpServices,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  answer: LongAnswer,
): Promise<FastifyReply> {
  const { answerer, streams, longWork, rateLimit, options } = services
  if (answerer.begin(request, reply, answer).isUnchanged) return sendHead(request, reply, 304)
  answer.check?.()
  const encoding = answer.isText ? chooseEncoding(request.headers['accept-encoding']) : null
  // An error answer is no file, and is not compressed: only what is sent with the bytes says so.
  const headers = {
    'content-type': contentTypes[answer.format],
    'content-disposition': `attachment; filename="${plainFileName(answer.fileName)}"`,
    ...(encoding === null ? {} : { 'content-encoding': encoding }),
  }
  if (request.method === 'HEAD') return sendHead(request, reply.headers(headers), 200)
  const create: CreateStream = async (sink, signal) => {
    // Before it waits for anything: whoever asked first may have gone by then.
    using lease = answer.lease.share()
    const gate = longWork.of(lease.repository.name)
    await inTurn(gate, (out, stop) => answer.make({ lease, sink: out, signal: stop, encoding }))(sink, signal)
  }
  const key = JSON.stringify([answer.format, answer.state, answer.key, encoding])
  const { reader, isFound } = await streams.findOrCreate(key, create)
  if (isFound) rateLimit.giveBack(request)
  return await sendStream(reply, { reader, stallMs: options.stallMs, headers })
}

/** Bytes that are gathered before they are written. */
const pieceBytes = 64 * 1024

/** Fast ones: whoever reads along waits for them. */
const encoders = {
  br: () => createBrotliCompress({ chunkSize: pieceBytes, params: { [constants.BROTLI_PARAM_QUALITY]: 2 } }),
  gzip: () => createGzip({ chunkSize: pieceBytes, level: 1 }),
}

/** Writes texts one after the other, in the encoding that is wanted. */
export async function writeTexts(
  texts: AsyncIterable<string>,
  { sink, signal, encoding }: Pick<Making, 'sink' | 'signal' | 'encoding'>,
): Promise<void> {
  const write = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) await sink.write(chunk)
  }
  const pieces = gathered(texts)
  if (encoding === null) await write(pieces)
  else await pipeline(pieces, encoders[encoding](), write, { signal })
}

async function* gathered(texts: AsyncIterable<string>): AsyncGenerator<Buffer, void> {
  let parts: string[] = []
  let chars = 0
  for await (const text of texts) {
    parts.push(text)
    chars += text.length
    if (chars < pieceBytes) continue
    yield Buffer.from(parts.join(''))
    parts = []
    chars = 0
  }
  if (chars > 0) yield Buffer.from(parts.join(''))
}
