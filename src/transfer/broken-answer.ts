/**
 * An answer to a fetch that breaks off. Its status went out long ago, and a connection that is cut says nothing of why;
 * git's protocol can say it inside the answer, but only between two packets. This follows the packets that were sent,
 * and knows what to send so that the client reads a reason last.
 */
import { flushPacket, packetLine } from './packet.ts'
import { errorPacket } from './refusal.ts'

/** Follows one answer. */
export interface AnswerFollower {
  /** Takes the next bytes of the answer, cut anywhere. */
  follow(bytes: Uint8Array): void
  /**
   * What ends the answer here so that the client says why, and keeps nothing of it; undefined where that cannot be said.
   * @param reason one line
   */
  lastWords(reason: string): Buffer | undefined
}

const headerChars = 4
const longestReason = 1000
/** In version 2 bands begin behind this packet (gitprotocol-v2, "fetch"), and no other without one is as long. */
const packfileLength = packetLine('packfile\n').length
const space = 0x20

/** Starts at the first byte of an answer. */
export function followAnswer(): AnswerFollower {
  /** The digits so far of a packet's length. */
  let header = ''
  /** Bytes of the packet that are still to come. */
  let left = 0
  let isAtStart = false
  let isPackfile = false
  /** Packets have a byte that says what they hold: 1 for the pack, 2 for progress, 3 for an error. */
  let hasBands = false
  /** These are no packets, or not any more: a pack that is sent as it is. */
  let isLost = false

  const readHeader = (char: number) => {
    header += String.fromCharCode(char)
    if (header.length < headerChars) return
    const length = /^[0-9a-f]{4}$/i.test(header) ? Number.parseInt(header, 16) : -1
    // 0 to 2 are marks between packets.
    isLost = length < 0 || length === 3
    left = Math.max(0, length - headerChars)
    isAtStart = left > 0
    isPackfile = length === packfileLength
    header = ''
  }

  return {
    follow(bytes) {
      let at = 0
      while (at < bytes.length && !isLost) {
        if (left === 0) {
          readHeader(bytes[at++] ?? 0)
          continue
        }
        if (isAtStart) hasBands ||= isBand(bytes[at])
        isAtStart = false
        const taken = Math.min(left, bytes.length - at)
        left -= taken
        at += taken
        if (left === 0) hasBands ||= isPackfile
      }
    },
    lastWords(reason) {
      if (isLost) return undefined
      if (hasBands) return Buffer.concat([filler({ header, left, isAtStart }), errorOnBand(reason), flush])
      return left > 0 || header !== '' ? undefined : Buffer.from(errorPacket(reason))
    },
  }
}

const flush = Buffer.from(flushPacket)

/** What git prints as the words of the server before it gives up. */
function errorOnBand(reason: string): Buffer {
  return Buffer.from(packetLine(`\x03${reason.slice(0, longestReason).replace(/[^ -~]/g, '?')}\n`), 'latin1')
}

function isBand(byte: number | undefined): boolean {
  return byte === 1 || byte === 2 || byte === 3
}

/** What makes a packet whole that was begun. It is read by nobody: the reason comes before the pack is looked at. */
function filler(begun: { readonly header: string; readonly left: number; readonly isAtStart: boolean }): Buffer {
  const { header } = begun
  let { left, isAtStart } = begun
  let digits = ''
  if (header !== '') {
    digits = /[^0]/.test(header) ? header.padEnd(headerChars, '0') : '0008'
    left = Number.parseInt(digits, 16) - headerChars
    isAtStart = true
  }
  const content = Buffer.alloc(left, space)
  if (isAtStart) content[0] = 1
  return Buffer.concat([Buffer.from(digits.slice(header.length)), content])
}
