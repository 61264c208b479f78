/**
 * Cold storage in a bucket of a store that speaks the S3 protocol, by path-style addresses. It promises that an object
 * is visible only when it is whole, to hold one part of a stream and no more, and to leave no unfinished upload behind
 * unless the store cannot be reached any more, the answer that names it gets lost, or the process is killed: for that
 * the bucket wants a rule that ends unfinished uploads after a day. What it reads has the length that was stored;
 * whether it is what was stored is for whoever knows the content, as git does.
 */
import type { Clock } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { ColdStorage } from './cold-storage.ts'
import { createS3Client, type S3Address, type S3Object, type S3Patience } from './s3-client.ts'
import { readParts } from './s3-parts.ts'
import { createUpload } from './s3-upload.ts'

export interface S3Options extends S3Address {
  /** What the names of all objects begin with, before a slash. */
  readonly prefix: string
  readonly patience?: Partial<S3Patience>
  /** Of each part of a large object but the last: stores want at least 5 MiB, and all of one size. */
  readonly partBytes?: number
}

export interface S3Deps {
  readonly clock: Clock
  readonly log: Log
}

const defaultPatience: S3Patience = {
  idleMs: 30_000,
  answerMs: 300_000,
  attempts: 4,
  pauseMs: 500,
  maxPauseMs: 10_000,
}
const defaultPartBytes = 8 * 1024 * 1024

/** Asks nothing of the store until it is used: whether the settings are right shows then. */
export function createS3Storage(options: S3Options, deps: S3Deps): ColdStorage {
  const client = createS3Client(options, { ...defaultPatience, ...options.patience }, deps)
  const { partBytes = defaultPartBytes } = options
  return {
    isOn: true,
    async put(key, content, signal) {
      const name = objectName(options.prefix, key)
      const upload = createUpload(client, name, deps)
      try {
        let isFirst = true
        for await (const part of readParts(content, partBytes, signal)) {
          const isAll = isFirst && part.isLast
          if (isAll) await client.call({ method: 'PUT', key: name, body: part }, signal)
          else await upload.add(part, signal)
          isFirst = false
        }
        await upload.finish(signal)
      } finally {
        await upload.abandon()
      }
    },
    async get(key, signal) {
      const object = await client.open(objectName(options.prefix, key), signal)
      return object && { bytes: object.bytes, content: contentOf(object) }
    },
    async delete(key, signal) {
      await client.call({ method: 'DELETE', key: objectName(options.prefix, key), accepts: ['NoSuchKey'] }, signal)
    },
  }
}

/** Parts of the prefix that an address would swallow are left out. */
function objectName(prefix: string, key: string): string {
  if (!/^[\w.-]{1,255}$/.test(key) || /^\.+$/.test(key)) {
    throw new ViewerError('COLD_STORAGE_FAILED', 'that cannot be a key', { data: { key } })
  }
  return [...prefix.split('/').filter(part => !/^\.{0,2}$/.test(part)), key].join('/')
}

/** Can be gone through once. Not a generator: one that was never started would not hear that it is not wanted. */
function contentOf(object: S3Object): AsyncIterable<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const value = await object.read()
      return value === undefined ? { done: true, value } : { done: false, value }
    },
    async return() {
      object.close()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}
