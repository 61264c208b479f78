/**
 * Packet lines (gitprotocol-common, "pkt-line Format"): four hex digits with the length of all, and the rest. Written for
 * any text that fits, read from a whole body with every length checked.
 */
import { type Mistake, mistake, quoted } from './mistake.ts'

/** The longest packet, its length included. */
export const maxPacketBytes = 65_520

/** Ends a message. */
export const flushPacket = '0000'
/** Stands between the parts of one (version 2). */
export const delimiterPacket = '0001'

/** Of a ref. No file system has a longer one, but a file with many refs may; and it is to fit into a packet with more. */
export const longestName = 8192

const lengthDigits = 4
const lineEnd = 0x0a

/** A packet. @param line one character for each byte, at most 65516; git ends a line of text with `\n` */
export function packetLine(line: string): string {
  const length = lengthDigits + line.length
  if (length > maxPacketBytes) throw new RangeError(`a packet holds ${maxPacketBytes - lengthDigits} bytes`)
  return length.toString(16).padStart(lengthDigits, '0') + line
}

/** What stands between lines, or behind them all: the end of the body. */
export type Mark = 'flush' | 'delimiter' | 'end'

/** Reads a body from its start to its end. After a mistake nothing may be asked. */
export interface PacketReader {
  /**
   * Hands over the lines that come next, one character for each byte and without the `\n` that they may end with.
   * @returns the mark behind them, or the first mistake
   */
  readLines(take: (line: string) => Mistake | undefined): Mark | Mistake
}

/** More are wanted by nobody; each costs some time, however short it is. */
const maxPackets = 1_000_000

export function createPacketReader(body: Uint8Array): PacketReader {
  // One character for each byte, and no copy for each line.
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  let at = 0
  let packets = 0

  /** The end of the packet at `at`, `at` for a mark; a mistake for what is none. */
  const readEnd = (): number | Mistake => {
    const length = readLength(text, at)
    if (length === undefined) {
      return mistake(`expected the length of a packet at byte ${at}, not ${quoted(text.slice(at, at + lengthDigits))}`)
    }
    if (length <= 1) return at
    if (length < lengthDigits || length > maxPacketBytes) {
      return mistake(`the packet at byte ${at} has a length of ${length}`)
    }
    return at + length <= text.length ? at + length : mistake(`the packet at byte ${at} is cut off`)
  }

  return {
    readLines(take) {
      while (at < text.length) {
        if (++packets > maxPackets) return mistake(`more than ${maxPackets} packets`)
        const end = readEnd()
        if (typeof end !== 'number') return end
        const start = at + lengthDigits
        if (end === at) {
          at = start
          return text[start - 1] === '0' ? 'flush' : 'delimiter'
        }
        at = end
        const hasLineEnd = end > start && text.charCodeAt(end - 1) === lineEnd
        const wrong = take(text.slice(start, hasLineEnd ? end - 1 : end))
        if (wrong) return wrong
      }
      return 'end'
    },
  }
}

/** The number in the four hex digits at a place, of either case as git reads them; undefined where there are none. */
function readLength(text: string, at: number): number | undefined {
  let length = 0
  for (let place = at; place < at + lengthDigits; place++) {
    const digit = hexDigit(text.charCodeAt(place))
    if (digit < 0) return undefined
    length = length * 16 + digit
  }
  return length
}

/** -1 where it is none, as for the code of a character that is not there. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
