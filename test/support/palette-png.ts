/**
 * Makes PNG files smaller that a browser has taken of pages: at most 256 colours, those that leave the least difference.
 * A page has a few colours and thousands of shades of them at the edges of letters, so nobody sees it, and the file is a
 * third. Only for what Chromium writes: eight bits for each of red, green and blue, not interlaced, without alpha.
 * (PNG, third edition: section 9 for filters, 11 for chunks.)
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const maxColors = 256
/** Bytes of a pixel. */
const channels = 3

/** The same picture with a palette. @throws Error for a PNG of another kind */
export function paletteOfPng(png: Buffer): Buffer {
  const { header, data } = readChunks(png)
  if (header.readUInt16BE(8) !== 0x0802 || header[12] !== 0)
    throw new Error('this PNG is not of the kind that Chromium writes')
  const width = header.readUInt32BE(0)
  const rows = unfilter(inflateSync(data), width)
  const colors = rows.map(row => Array.from({ length: width }, (_, x) => row.readUIntBE(x * channels, channels)))
  const { palette, nearest } = choosePalette(colors)
  // Filter 0 before each row: what is in it are numbers of colours, and differences of them mean nothing.
  const indexes = Buffer.concat(colors.map(row => Buffer.from([0, ...row.map(color => nearest.get(color) ?? 0)])))
  const newHeader = Buffer.from(header)
  newHeader[9] = 3
  return Buffer.concat([
    signature,
    chunk('IHDR', newHeader),
    chunk('PLTE', Buffer.concat(palette.map(color => Buffer.from([color >> 16, (color >> 8) & 255, color & 255])))),
    chunk('IDAT', deflateSync(indexes, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function readChunks(png: Buffer): { header: Buffer; data: Buffer } {
  let header: Buffer = Buffer.alloc(13)
  const data: Buffer[] = []
  for (let at = signature.length; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const bytes = png.subarray(at + 8, at + 8 + length)
    if (type === 'IHDR') header = bytes
    if (type === 'IDAT') data.push(bytes)
    at += length + 12
  }
  return { header, data: Buffer.concat(data) }
}

/** The rows of pixels behind their filters. */
function unfilter(bytes: Buffer, width: number): Buffer[] {
  const stride = width * channels
  const rows: Buffer[] = []
  let above = Buffer.alloc(stride)
  for (let at = 0; at < bytes.length; at += stride + 1) {
    const filter = bytes[at]
    const row = Buffer.alloc(stride)
    for (let i = 0; i < stride; i++) {
      const left = row[i - channels] ?? 0
      const up = above[i] ?? 0
      const guesses = [0, left, up, (left + up) >> 1, paeth(left, up, above[i - channels] ?? 0)]
      row[i] = (bytes[at + 1 + i] ?? 0) + (guesses[filter ?? 0] ?? 0)
    }
    rows.push(row)
    above = row
  }
  return rows
}

function paeth(left: number, up: number, upLeft: number): number {
  const guess = left + up - upLeft
  const [byLeft, byUp, byUpLeft] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - upLeft)]
  if (byLeft <= byUp && byLeft <= byUpLeft) return left
  return byUp <= byUpLeft ? up : upLeft
}

/**
 * Takes the colour that is worst off until all are there or the palette is full. How often it is there counts by its
 * root, so that the fill of something small comes before the shades of thousands of letters.
 */
function choosePalette(rows: readonly number[][]): { palette: number[]; nearest: Map<number, number> } {
  const counts = new Map<number, number>()
  for (const color of rows.flat()) counts.set(color, (counts.get(color) ?? 0) + 1)
  const found = [...counts].map(([color, count]) => ({
    color,
    weight: Math.sqrt(count),
    index: 0,
    distance: Number.MAX_SAFE_INTEGER,
  }))
  const palette: number[] = []
  while (palette.length < Math.min(maxColors, found.length)) {
    const worst = found.reduce((a, b) => (b.distance * b.weight > a.distance * a.weight ? b : a))
    const index = palette.push(worst.color) - 1
    for (const one of found) {
      const distance = squaredDistance(one.color, worst.color)
      if (distance < one.distance) Object.assign(one, { index, distance })
    }
  }
  return { palette, nearest: new Map(found.map(({ color, index }) => [color, index])) }
}

function squaredDistance(a: number, b: number): number {
  const [red, green, blue] = [(a >> 16) - (b >> 16), ((a >> 8) & 255) - ((b >> 8) & 255), (a & 255) - (b & 255)]
  return red * red + green * green + blue * blue
}

function chunk(type: string, bytes: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(bytes.length)
  const named = Buffer.concat([Buffer.from(type, 'latin1'), bytes])
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([head, named, check])
}
