/**
 * What a picture is, told by its bytes and not by its name: type and size of SVG, PNG, WebP and JPEG. The size lets a
 * page keep the place of a picture that has not come yet. Anything else, and anything damaged, is `undefined`.
 */

export interface Picture {
  /** As in file names, with the dot. */
  readonly extension: '.svg' | '.png' | '.webp' | '.jpg'
  /** In pixels, or in whatever an SVG counts; above 0. */
  readonly width: number
  readonly height: number
}

type Size = Pick<Picture, 'width' | 'height'>

/** Reads the first bytes of a picture; takes time in proportion to its length. */
export function readPicture(bytes: Buffer): Picture | undefined {
  const readers = [
    ['.png', pngSize],
    ['.webp', webpSize],
    ['.jpg', jpegSize],
    ['.svg', svgSize],
  ] as const
  for (const [extension, read] of readers) {
    const size = read(bytes)
    if (size && size.width > 0 && size.height > 0) return { extension, ...size }
  }
  return undefined
}

/** PNG, section 11.2.2: the header is the first chunk. */
function pngSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 24 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return undefined
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

/** RFC 9649: simple lossy, simple lossless and extended files. */
function webpSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 30 || bytes.toString('latin1', 0, 4) !== 'RIFF') return undefined
  switch (bytes.toString('latin1', 8, 16)) {
    case 'WEBPVP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
    case 'WEBPVP8L': {
      const bits = bytes.readUInt32LE(21)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'WEBPVP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 }
    default:
      return undefined
  }
}

/** JPEG: the first segment that begins a frame (markers C0 to CF, but for three that mean something else). */
function jpegSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined
  let at = 2
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    const beginsFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (beginsFrame) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}

/** An SVG says its size itself, or the shape of its view box has to do. */
function svgSize(bytes: Buffer): Size | undefined {
  const tag = /<svg\b[^<>]{0,4000}>/.exec(bytes.toString('utf8'))?.[0]
  if (tag === undefined) return undefined
  const length = (name: string) =>
    Number(new RegExp(`\\s${name}\\s*=\\s*["']\\s*([0-9.]+)(?:px)?\\s*["']`).exec(tag)?.[1])
  const width = length('width')
  const height = length('height')
  if (width > 0 && height > 0) return { width, height }
  const [, , boxWidth, boxHeight] = (/\sviewBox\s*=\s*["']([^"']*)["']/.exec(tag)?.[1] ?? '').trim().split(/[\s,]+/)
  // Without either it is a square as far as a page is concerned.
  return { width: Number(boxWidth) || 1, height: Number(boxHeight) || 1 }
}
