/** A stream cache that remembers who asked for what, whether it was there, and how making it ended. */
import type { StreamCache } from '../../src/streams/stream-cache.ts'

/** One call of `findOrCreate`. */
export interface RecordedLookup {
  readonly key: string
  readonly isFound: boolean
}

/** One stream that was made. */
export interface RecordedStream {
  readonly key: string
  /** Bytes that were written so far. */
  bytes: number
  /** `writing` until the writer has returned or thrown. */
  ending: 'writing' | 'complete' | { readonly error: unknown }
}

export interface RecordingStreams extends StreamCache {
  /** Lookups in the order in which they were answered. */
  readonly lookups: readonly RecordedLookup[]
  /** Streams in the order in which they were begun. */
  readonly made: readonly RecordedStream[]
  /** Readers that were given out and not closed. */
  readonly readers: number
}

/** Records what is asked of another cache, which is closed with this one. */
export function recordStreams(streams: StreamCache): RecordingStreams {
  const lookups: RecordedLookup[] = []
  const made: RecordedStream[] = []
  let readers = 0
  return {
    lookups,
    made,
    get readers() {
      return readers
    },
    async findOrCreate(key, create) {
      const found = await streams.findOrCreate(key, async (sink, signal) => {
        const record: RecordedStream = { key, bytes: 0, ending: 'writing' }
        made.push(record)
        try {
          await create(
            {
              write(bytes) {
                record.bytes += bytes.length
                return sink.write(bytes)
              },
            },
            signal,
          )
          record.ending = 'complete'
        } catch (error) {
          record.ending = { error }
          throw error
        }
      })
      lookups.push({ key, isFound: found.isFound })
      readers++
      let isOpen = true
      const { reader } = found
      const close = async () => {
        if (isOpen) readers--
        isOpen = false
        await reader.close()
      }
      return {
        isFound: found.isFound,
        reader: {
          get position() {
            return reader.position
          },
          read: maxBytes => reader.read(maxBytes),
          lend: maxBytes => reader.lend(maxBytes),
          peek: bytes => reader.peek(bytes),
          skipTo: position => reader.skipTo(position),
          wait: signal => reader.wait(signal),
          close,
          [Symbol.asyncDispose]: close,
        },
      }
    },
    [Symbol.asyncDispose]: async () => await streams[Symbol.asyncDispose](),
  }
}
