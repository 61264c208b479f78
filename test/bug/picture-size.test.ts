import { describe, expect, test } from 'vitest'
import { pictureSize } from '../../src/bug/picture-size.ts'
import { gifHead, greyPng, jpegHead, webpHead } from '../support/small-pictures.ts'

const size = { width: 640, height: 480 }
const turned = { width: 480, height: 640 }

describe('the size of a picture', () => {
  test.each([
    ['png', greyPng(640, 480)],
    ['gif', gifHead(640, 480)],
    ['webp', webpHead('VP8 ', 640, 480)],
    ['webp', webpHead('VP8L', 640, 480)],
    ['webp', webpHead('VP8X', 640, 480)],
    ['jpeg', jpegHead(size)],
    ['jpeg', jpegHead({ ...size, padding: 60_000 })],
    ['jpeg', jpegHead({ ...size, orientation: 3 })],
  ] as const)('of %s is read from its head', (kind, bytes) => {
    expect(pictureSize(kind, bytes)).toEqual(size)
  })

  test.each([true, false])(
    'is the one that is shown where the camera was held upright (little endian: %s)',
    isLittleEndian => {
      expect(pictureSize('jpeg', jpegHead({ ...size, orientation: 6, isLittleEndian }))).toEqual(turned)
      expect(pictureSize('jpeg', jpegHead({ ...size, orientation: 9, isLittleEndian }))).toEqual(size)
    },
  )

  test('is none where it is zero', () => {
    expect(pictureSize('gif', gifHead(0, 5))).toBe(undefined)
    expect(pictureSize('jpeg', jpegHead({ width: 5, height: 0 }))).toBe(undefined)
  })

  test('is none where the file ends before it, wherever that is, and nothing throws', () => {
    const whole = { png: greyPng(9, 9), gif: gifHead(9, 9), jpeg: jpegHead({ width: 9, height: 9, orientation: 6 }) }
    for (const [kind, bytes] of [
      ...Object.entries(whole),
      ...(['VP8 ', 'VP8L', 'VP8X'] as const).map(form => ['webp', webpHead(form, 9, 9)] as const),
    ]) {
      for (let length = 0; length < bytes.length; length++) {
        const found = pictureSize(kind as keyof typeof whole, bytes.subarray(0, length))
        expect([undefined, 9]).toContain(found?.width)
      }
    }
  })

  test('is none of segments that are not what they say', () => {
    const head = jpegHead({ ...size, orientation: 6 })
    const broken = [
      Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(100)]),
      Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 4, 0, 0, 0xff, 0xc0, 0, 11, 8, 0, 9, 0, 9, 0, 0, 0]),
      Buffer.alloc(3_000_000, 0xff),
    ]
    for (const bytes of broken) expect(pictureSize('jpeg', bytes)).toBe(undefined)
    // Any byte changed: an answer or none, never a throw.
    for (let at = 0; at < head.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const changed = Buffer.from(head)
        changed[at] = value
        expect(() => pictureSize('jpeg', changed)).not.toThrow()
      }
    }
  })
})
