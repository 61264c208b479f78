/**
 * A large object that is sent in parts. It becomes visible at once and whole when it is finished; one that is given up
 * leaves nothing. Where the answer to the last request got lost, it looks whether the object that is there is its own.
 */
import { createHash, randomUUID } from 'node:crypto'
import { ViewerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { S3Client } from './s3-client.ts'
import { readElement } from './s3-faults.ts'
import type { StreamPart } from './s3-parts.ts'

export interface S3Upload {
  /** Sends the next part; the first one begins the upload. @throws COLD_STORAGE_FAILED */
  add(part: StreamPart, signal: AbortSignal): Promise<void>
  /** Makes the object out of its parts. @throws COLD_STORAGE_FAILED */
  finish(signal: AbortSignal): Promise<void>
  /** Removes what was sent, where something was. Never throws: what cannot be removed is told to the log. */
  abandon(): Promise<void>
}

/** As many as the protocol has room for. */
const maxParts = 10_000
/** Says whose upload an object is from. */
const mark = 'x-amz-meta-upload'

/** @param key of the object */
export function createUpload(client: S3Client, key: string, { log }: { readonly log: Log }): S3Upload {
  const ownMark = randomUUID()
  const tags: string[] = []
  let uploadId: string | undefined

  const begin = async (signal: AbortSignal): Promise<string> => {
    const headers = { [mark]: ownMark, 'content-type': 'application/octet-stream' }
    // Broken off it might have begun, under an id that nobody knows.
    const request = { method: 'POST', key, query: { uploads: '' }, headers, isUnbroken: true } as const
    const id = readElement((await client.call(request, signal)).text, 'UploadId')
    if (id === undefined) throw strange('an upload without an id')
    return id
  }

  /** True where the object that is visible is this one. */
  const isVisible = async (signal: AbortSignal): Promise<boolean> => {
    try {
      return (await client.call({ method: 'HEAD', key }, signal)).headers[mark] === ownMark
    } catch {
      signal.throwIfAborted()
      return false
    }
  }

  return {
    async add({ bytes, sha256 }, signal) {
      if (tags.length === maxParts) {
        const message = `cold storage takes no more than ${maxParts} parts of an object`
        throw new ViewerError('COLD_STORAGE_FAILED', message, { data: { key } })
      }
      uploadId ??= await begin(signal)
      const query = { partNumber: String(tags.length + 1), uploadId }
      const answer = await client.call({ method: 'PUT', key, query, body: { bytes, sha256 } }, signal)
      if (answer.headers.etag === undefined) throw strange('a part without a tag')
      tags.push(answer.headers.etag)
    },
    async finish(signal) {
      if (uploadId === undefined) return
      try {
        await client.call({ method: 'POST', key, query: { uploadId }, body: bodyOf(listOfParts(tags)) }, signal)
      } catch (error) {
        // It may have been done all the same: by an earlier attempt, or by this one, whose answer got lost.
        if (signal.aborted || !(await isVisible(signal))) throw error
      }
      uploadId = undefined
    },
    async abandon() {
      if (uploadId === undefined) return
      const query = { uploadId }
      uploadId = undefined
      try {
        const request = { method: 'DELETE', key, query, accepts: ['NoSuchUpload'] } as const
        await client.call(request, new AbortController().signal)
      } catch (error) {
        log.warn({ key, err: error }, 'an unfinished upload stays in cold storage')
      }
    },
  }
}

function strange(what: string): ViewerError {
  return new ViewerError('COLD_STORAGE_FAILED', `the store answers as no S3 service does: ${what}`)
}

function listOfParts(tags: readonly string[]): string {
  const parts = tags.map(
    (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(tag)}</ETag></Part>`,
  )
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'
  return `<CompleteMultipartUpload xmlns="${namespace}">${parts.join('')}</CompleteMultipartUpload>`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

function bodyOf(text: string) {
  const bytes = Buffer.from(text)
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}
