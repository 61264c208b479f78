/**
 * A reader of an answer to a fetch that tells the client when the answer breaks off: instead of an end that says nothing,
 * the client gets the reason in git's protocol, and throws away what it has. Where it cannot be told, it fails as it did.
 */
import type { StreamReader } from '../streams/stream-cache.ts'
import { followAnswer } from '../transfer/broken-answer.ts'

/** @param explain called once, with what the answer has failed of; returns what the client is told */
export function toldReader(reader: StreamReader, explain: (error: unknown) => string): StreamReader {
  const follower = followAnswer()
  let words: Buffer | undefined
  const isClosed = (error: unknown) => error instanceof DOMException && error.name === 'AbortError'
  const lend = async (maxBytes: number): Promise<Buffer> => {
    if (words) return takeWords(maxBytes)
    try {
      const bytes = await reader.lend(maxBytes)
      follower.follow(bytes)
      return bytes
    } catch (error) {
      if (isClosed(error)) throw error
      words = follower.lastWords(explain(error))
      if (!words) throw error
      return takeWords(maxBytes)
    }
  }
  return {
    get position() {
      return reader.position
    },
    read: async maxBytes => Buffer.from(await lend(maxBytes)),
    lend,
    peek: bytes => reader.peek(bytes),
    skipTo() {
      throw new RangeError('an answer is sent whole')
    },
    wait: signal => reader.wait(signal),
    close: () => reader.close(),
    [Symbol.asyncDispose]: () => reader.close(),
  }

  function takeWords(maxBytes: number): Buffer {
    const taken = (words ?? Buffer.alloc(0)).subarray(0, maxBytes)
    words = words?.subarray(taken.length)
    return taken
  }
}
