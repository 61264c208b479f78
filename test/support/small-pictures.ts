/** Heads of pictures, made of as few bytes as say their size; and one whole PNG that a browser can show. */
import { crc32, deflateSync } from 'node:zlib'

function chunk(type: string, data: Buffer): Buffer {
  const [head, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  head.writeUInt32BE(data.length)
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([head, named, check])
}

/** A whole picture of one shade of grey (PNG, third edition, section 5). */
export function greyPng(width: number, height: number, grey = 0x99): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  // Before each row: no filter.
  const rows = Buffer.alloc((width + 1) * height, grey)
  for (let row = 0; row < height; row++) rows[row * (width + 1)] = 0
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

export function gifHead(width: number, height: number): Buffer {
  const head = Buffer.from('GIF89a\0\0\0\0\0\0\0', 'latin1')
  head.writeUInt16LE(width, 6)
  head.writeUInt16LE(height, 8)
  return head
}

export interface JpegParts {
  readonly width: number
  readonly height: number
  /** Exif's number of how the camera was held. */
  readonly orientation?: number
  readonly isLittleEndian?: boolean
  /** Bytes of another segment before the frame. */
  readonly padding?: number
}

export function jpegHead({ width, height, orientation, isLittleEndian = false, padding = 0 }: JpegParts): Buffer {
  const u16 = (value: number) => Buffer.from([value >> 8, value & 255])
  const segment = (marker: number, data: Buffer) =>
    Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data])
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...(orientation === undefined ? [] : [segment(0xe1, exif(orientation, isLittleEndian))]),
    ...(padding === 0 ? [] : [segment(0xe2, Buffer.alloc(padding))]),
    segment(0xc4, Buffer.alloc(20)),
    segment(0xc2, Buffer.concat([Buffer.from([8]), u16(height), u16(width), Buffer.alloc(7)])),
    segment(0xda, Buffer.alloc(10)),
  ])
}

function exif(orientation: number, isLittleEndian: boolean): Buffer {
  const tiff = Buffer.alloc(8 + 2 + 2 * 12)
  const put16 = (value: number, at: number) =>
    isLittleEndian ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at)
  tiff.write(isLittleEndian ? 'II' : 'MM', 'latin1')
  put16(42, 2)
  if (isLittleEndian) tiff.writeUInt32LE(8, 4)
  else tiff.writeUInt32BE(8, 4)
  put16(2, 8)
  put16(0x010f, 10)
  put16(0x0112, 22)
  put16(orientation, 30)
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff])
}

/** The three forms of WebP (RFC 9649). */
export function webpHead(form: 'VP8 ' | 'VP8L' | 'VP8X', width: number, height: number): Buffer {
  const head = Buffer.alloc(32)
  head.write('RIFF', 0, 'latin1')
  head.write(`WEBP${form}`, 8, 'latin1')
  if (form === 'VP8X') {
    head.writeUIntLE(width - 1, 24, 3)
    head.writeUIntLE(height - 1, 27, 3)
  } else if (form === 'VP8L') {
    head[20] = 0x2f
    head.writeUInt32LE((width - 1) | ((height - 1) << 14), 21)
  } else {
    head.writeUIntBE(0x9d012a, 23, 3)
    head.writeUInt16LE(width, 26)
    head.writeUInt16LE(height, 28)
  }
  return head
}
