/**
 * An attached file as a stream: one process of git reads it for all who want it at the same time, and its size and kind
 * are known as soon as its first bytes are there. Nothing holds it whole.
 */
import type { FastifyReply } from 'fastify'
import type { SharedGate } from '../base/gate.ts'
import { type FileKind, fileKind, kindBytes } from '../bug/file-kind.ts'
import type { Lease } from '../cache/lease.ts'
import type { StreamCache, StreamReader } from '../streams/stream-cache.ts'
import { inTurn } from './long-work.ts'
import { closeBehind } from './send-stream.ts'

export interface AttachedFile {
  /** Stands before the file's first byte, or in front of it. Closed when the answer has ended. */
  readonly reader: StreamReader
  /** Where the file begins in the stream. */
  readonly at: number
  /** In bytes. */
  readonly size: number
  /** By its first bytes. */
  readonly kind: FileKind | undefined
}

export interface FileTools {
  readonly streams: StreamCache
  /** Bounds the files that are read from git at the same time. */
  readonly gate: SharedGate
}

/** Digits of a size, and the end of its line. */
const maxSizeChars = 24

/**
 * Opens a file that the lease `attaches`.
 * @throws FILE_UNKNOWN where it is gone, damaged or no blob; TOO_BUSY; an AbortError where the client has gone
 */
export async function openAttachedFile(
  { streams, gate }: FileTools,
  { lease, hash, reply }: { readonly lease: Lease; readonly hash: string; readonly reply: FastifyReply },
): Promise<AttachedFile> {
  const key = JSON.stringify(['file', lease.repository.name, hash])
  const { reader } = await streams.findOrCreate(key, async (sink, signal) => {
    // Before it waits for anything: whoever asked first may have gone by then.
    using held = lease.share()
    await inTurn(gate.of(held.repository.name), (out, stop) => held.sendFile(hash, { sink: out, signal: stop }))(
      sink,
      signal,
    )
  })
  closeBehind(reply, reader)
  const start = await reader.peek(kindBytes + maxSizeChars)
  const lineEnd = start.indexOf('\n')
  const at = lineEnd + 1
  const size = Number(start.toString('latin1', 0, lineEnd))
  return { reader, at, size, kind: fileKind(start.subarray(at, at + kindBytes)) }
}
