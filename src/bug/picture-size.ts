/**
 * How large a picture is, so that a page can leave room for it. Reads a bounded number of bytes from its head, and
 * decodes nothing; whatever does not say its size in the way that its format wants has none. What it says may be a lie:
 * those who show it bound it.
 */
import type { PictureKind, PictureSize } from './file-kind.ts'

/** Cameras put a small picture and colours before the large one. */
const maxBytes = 1024 * 1024

/** @returns undefined where the bytes do not tell */
export function pictureSize(kind: PictureKind, bytes: Buffer): PictureSize | undefined {
  const size = readers[kind](bytes.subarray(0, maxBytes))
  return size && size.width > 0 && size.height > 0 ? size : undefined
}

const readers: Readonly<Record<PictureKind, (bytes: Buffer) => PictureSize | undefined>> = {
  png: pngSize,
  jpeg: jpegSize,
  gif: gifSize,
  webp: webpSize,
}

/** PNG, third edition, 11.2.1: the header comes first. */
function pngSize(bytes: Buffer): PictureSize | undefined {
  if (bytes.length < 24 || bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

/** GIF89a, section 18: the logical screen. */
function gifSize(bytes: Buffer): PictureSize | undefined {
  return bytes.length < 10 ? undefined : { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
}

/** RFC 9649, section 2: which chunk comes first decides. */
function webpSize(bytes: Buffer): PictureSize | undefined {
  if (bytes.length < 30) return undefined
  const chunk = bytes.toString('latin1', 12, 16)
  if (chunk === 'VP8X') return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 }
  if (chunk === 'VP8L') {
    const packed = bytes.readUInt32LE(21)
    return { width: (packed & 0x3fff) + 1, height: ((packed >> 14) & 0x3fff) + 1 }
  }
  // RFC 6386, 9.1: a start code, then 14 bits each.
  if (chunk !== 'VP8 ' || bytes.readUIntBE(23, 3) !== 0x9d012a) return undefined
  return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
}

/** ITU-T T.81, annex B: segments with lengths, until one that begins a frame. A camera says which way was up (Exif). */
function jpegSize(bytes: Buffer): PictureSize | undefined {
  let isTurned = false
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined
    const marker = bytes[at + 1] ?? 0
    if (marker === 0xff) {
      at++
      continue
    }
    const length = bytes.readUInt16BE(at + 2)
    if (isFrame(marker)) {
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)]
      return isTurned ? { width: height, height: width } : { width, height }
    }
    // Before a frame comes nothing that has no length.
    if (length < 2 || marker < 0xc0 || (marker >= 0xd0 && marker <= 0xda)) return undefined
    if (marker === 0xe1) isTurned ||= isTurnedByExif(bytes.subarray(at + 4, at + 2 + length))
    at += 2 + length
  }
  return undefined
}

/** Start of a frame: C0 to CF, but for tables (C4), extensions (C8) and conditions (CC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

const orientationTag = 0x0112
/** This one and those after it are turned by a quarter. */
const firstQuarterTurn = 5
const maxTags = 200

/** Whether the directory of an Exif segment (Exif 2.3, 4.6.4) says that width and height change places. */
function isTurnedByExif(segment: Buffer): boolean {
  if (segment.toString('latin1', 0, 6) !== 'Exif\0\0') return false
  const tiff = segment.subarray(6)
  const isLittle = tiff.toString('latin1', 0, 2) === 'II'
  const read16 = (at: number) => {
    if (at + 2 > tiff.length) return 0
    return isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)
  }
  if (tiff.length < 8) return false
  const directory = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  const tags = Math.min(read16(directory), maxTags)
  for (let tag = 0; tag < tags; tag++) {
    const at = directory + 2 + 12 * tag
    if (read16(at) === orientationTag) return read16(at + 8) >= firstQuarterTurn && read16(at + 8) <= 8
  }
  return false
}
