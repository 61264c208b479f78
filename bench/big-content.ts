/**
 * Content of any size that is never whole in memory: no compression shortens it, and each byte follows from its place,
 * so that a reader can tell wrong bytes from right ones as they come. Random blocks that repeat, each with its number at
 * its front; the block is longer than the window in which compression looks for what it has seen.
 */
import { createRandom } from './random.ts'

export interface BigContent {
  readonly bytes: number
  /** All of it, in pieces of at most one block, which share their memory: do not change them. */
  pieces(): Generator<Uint8Array>
  /** Whether a piece that starts at this place may be right: its first and its last byte are looked at. */
  fits(piece: Uint8Array, at: number): boolean
}

const blockBytes = 1024 * 1024
const numberBytes = 8

export function createBigContent(bytes: number): BigContent {
  const random = createRandom(7)
  const block = Buffer.from(Uint8Array.from({ length: blockBytes }, () => random.below(256)))
  const number = Buffer.alloc(numberBytes)
  const byteAt = (at: number) => {
    const inBlock = at % blockBytes
    if (inBlock >= numberBytes) return block[inBlock]
    number.writeBigUInt64BE(BigInt(Math.floor(at / blockBytes)))
    return number[inBlock]
  }
  return {
    bytes,
    *pieces() {
      for (let at = 0; at < bytes; at += blockBytes) {
        const front = Buffer.alloc(numberBytes)
        front.writeBigUInt64BE(BigInt(at / blockBytes))
        yield front.subarray(0, bytes - at)
        if (at + numberBytes < bytes) yield block.subarray(numberBytes, bytes - at)
      }
    },
    fits: (piece, at) => piece[0] === byteAt(at) && piece.at(-1) === byteAt(at + piece.length - 1),
  }
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}

/** `2GB`, `512 MiB`, `1000`. @throws where it is something else */
export function parseBytes(text: string): number {
  const [, digits, unit = ''] = /^(\d+) ?([kKMG]i?B)?$/.exec(text) ?? []
  const factor = units[unit]
  if (digits === undefined || factor === undefined) throw new Error(`'${text}' is no size`)
  return Number(digits) * factor
}

/** Bytes for people. */
export function printMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
