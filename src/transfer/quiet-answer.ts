/**
 * An answer of `git upload-pack` without what git says of itself. What is wrong in a repository is told on the bands for
 * people, with the folders in which it lies; of these words only those on progress go through. Why an answer breaks off
 * is for others to say: see `broken-answer.ts`.
 */
import { maxPacketBytes, packetLine } from './packet.ts'

/**
 * Takes the next bytes of an answer, cut anywhere, and returns what is to be sent of them, in parts of them where nothing
 * is left out.
 */
export type QuietAnswer = (bytes: Uint8Array) => readonly Uint8Array[]

const headerBytes = 4
const progressBand = 2
const errorBand = 3
const nothing = Buffer.alloc(0)
/** Stands for what git died of: whoever tells of that sees that the packets have bands. */
const signOfLife = Buffer.from(packetLine('\x01'))

/** Starts at the first byte of an answer. */
export function quietAnswer(): QuietAnswer {
  const keepProgress = progressLines()
  /** The beginning of a packet of which not enough is there. */
  let held = nothing
  /** Bytes that are still to come of a packet that goes through. */
  let left = 0
  /** These are no packets: a pack that is sent as it is. */
  let isRaw = false

  return bytes => {
    const all =
      held.length > 0 ? Buffer.concat([held, bytes]) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    held = nothing
    const parts: Uint8Array[] = []
    let [from, at] = [0, 0]
    const sendUpTo = (end: number) => {
      if (end > from) parts.push(all.subarray(from, end))
    }
    while (at < all.length) {
      if (isRaw) left = all.length - at
      if (left > 0) {
        const taken = Math.min(left, all.length - at)
        left -= taken
        at += taken
        continue
      }
      const packet = readPacket(all, at)
      if (packet === 'raw') isRaw = true
      else if (packet === 'cut off') break
      else if (packet.band === undefined) left = packet.length
      else {
        sendUpTo(at)
        const words = all.subarray(at + headerBytes + 1, at + packet.length)
        parts.push(...(packet.band === progressBand ? keepProgress(words) : [signOfLife]))
        at += packet.length
        from = at
      }
    }
    sendUpTo(at)
    // A copy: what was taken may be used for something else afterwards.
    held = Buffer.from(all.subarray(at))
    return parts
  }
}

/** The packet at a place: its length with all, and its band where that is one for words. */
function readPacket(bytes: Buffer, at: number): { length: number; band: number | undefined } | 'raw' | 'cut off' {
  if (bytes.length - at < headerBytes) return 'cut off'
  const digits = bytes.toString('latin1', at, at + headerBytes)
  const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : -1
  if (length < 0 || length > maxPacketBytes) return 'raw'
  // Marks between packets, and packets that are empty.
  if (length <= headerBytes) return { length: headerBytes, band: undefined }
  const band = bytes[at + headerBytes]
  if (band !== undefined && band !== progressBand && band !== errorBand) return { length, band: undefined }
  return bytes.length - at < length || band === undefined ? 'cut off' : { length, band }
}

/** As `git pack-objects` counts, in any of its versions; a path or a name has no room in it. */
const progress = /^(?:(?:Enumerating|Counting|Compressing) objects: [\d %(/),]*(?:done\.)?|Total [\d a-z(),-]*)$/
const longestLine = 200

/** Takes words as they come and returns the lines on progress, each in a packet. */
function progressLines() {
  let begun = ''
  return (words: Buffer): Uint8Array[] => {
    // A line that is written over ends in `\r`.
    const lines = (begun + words.toString('latin1')).split(/(?<=[\r\n])/)
    begun = /[\r\n]$/.test(lines.at(-1) ?? '') ? '' : (lines.pop() ?? '')
    // What is too long stays too long, and is left out when it ends.
    begun = begun.slice(0, longestLine)
    return lines
      .filter(line => line.length <= longestLine && progress.test(line.slice(0, -1).trimEnd()))
      .map(line => Buffer.from(packetLine(`\x02${line}`), 'latin1'))
  }
}
