/**
 * A large answer read through a bare socket into one buffer, as fast as it comes or at a given pace: an HTTP client of
 * Node would take as much of the processor as the server that is measured.
 */
import { connect, type Socket } from 'node:net'
import { type Reading, take } from './reading.ts'

export const bufferBytes = 256 * 1024
/** Of a slow reader: it takes its bytes in smaller steps. */
const slowBufferBytes = 64 * 1024

/**
 * Reads until the reading's end, or until it is to leave.
 * @param bytesPerSecond as fast as it comes where it is not given
 * @throws where the answer is another one, or ends too early
 */
export function readAddress(address: string, reading: Reading, bytesPerSecond?: number): Promise<void> {
  const { hostname, port, pathname } = new URL(address)
  const { content, end, progress, leave } = reading
  const startMs = performance.now()
  const takeHead = headTaker(content.bytes)
  const waitMs = () =>
    bytesPerSecond === undefined ? 0 : (progress.bytes / bytesPerSecond) * 1000 - (performance.now() - startMs)
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)))
      socket.destroy()
    }
    /** @returns whether the socket may read on at once */
    const onBytes = (bytes: Uint8Array): boolean => {
      if (!take(reading, takeHead(bytes))) {
        socket.destroy()
        return false
      }
      const ms = waitMs()
      if (ms > 0) setTimeout(() => socket.resume(), ms)
      return ms <= 0
    }
    const onread = {
      buffer: Buffer.alloc(bytesPerSecond === undefined ? bufferBytes : slowBufferBytes),
      callback(length: number, buffer: Uint8Array) {
        try {
          return onBytes(buffer.subarray(0, length))
        } catch (error) {
          fail(error)
          return false
        }
      },
    }
    const socket: Socket = connect({ host: hostname, port: Number(port), onread })
    socket.on('error', fail)
    socket.on('close', () => {
      if (progress.bytes < end && !leave.aborted) fail(`the answer ended after ${progress.bytes} bytes`)
      else resolve()
    })
    leave.addEventListener('abort', () => socket.destroy(), { once: true })
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`)
  })
}

/** Takes the front of an answer off, of which the first pieces may be a part only. Each piece in, what is behind it out. */
function headTaker(contentBytes: number): (piece: Uint8Array) => Uint8Array {
  const lengthLine = new RegExp(`\r\ncontent-length: ${contentBytes}\r\n`, 'i')
  let head = ''
  let isBehind = false
  return piece => {
    if (isBehind) return piece
    head += Buffer.from(piece).toString('latin1')
    const headEnd = head.indexOf('\r\n\r\n')
    if (headEnd < 0) return piece.subarray(piece.length)
    if (!head.startsWith('HTTP/1.1 200 ') || !lengthLine.test(head)) {
      throw new Error(`another answer than expected: ${head.slice(0, 1000)}`)
    }
    isBehind = true
    return piece.subarray(piece.length - (head.length - headEnd - 4))
  }
}
