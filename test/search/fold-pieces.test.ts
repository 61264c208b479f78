import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldText } from '../../src/bug/search-text.ts'
import { foldPieces, overlapBytes, type PieceSizes } from '../../src/search/fold-pieces.ts'
import { processorMs } from '../support/processor-time.ts'
import { anyText } from './texts.ts'

/** Cut as often as possible. */
const small: PieceSizes = { foldBytes: 16, pieceBytes: 160 }
const bytesOf = (text: string) => new TextEncoder().encode(text)

function join(text: Uint8Array, sizes?: PieceSizes): string {
  return Buffer.concat([...foldPieces(text, sizes)].map(({ bytes, overlap }) => bytes.subarray(overlap))).toString()
}

const longText = fc.array(anyText, { maxLength: 40 }).map(texts => texts.join(''))

describe('the pieces of a text', () => {
  test('are together what folding makes of all of it', () => {
    fc.assert(
      fc.property(longText, text => {
        const raw = bytesOf(text)
        expect(join(raw, small)).toBe(foldText(text.toWellFormed()))
        expect(join(raw)).toBe(foldText(text.toWellFormed()))
      }),
      { numRuns: 2000 },
    )
  })

  test('are no longer than they may be, and begin with the end of the one before', () => {
    fc.assert(
      fc.property(longText, text => {
        let before: Uint8Array = new Uint8Array()
        for (const { bytes, overlap } of foldPieces(bytesOf(text), small)) {
          expect(bytes.length).toBeLessThanOrEqual(small.pieceBytes)
          expect(overlap).toBeGreaterThanOrEqual(Math.min(before.length, overlapBytes))
          expect(overlap).toBeLessThan(overlapBytes + 4)
          expect(Buffer.from(bytes.subarray(0, overlap))).toEqual(Buffer.from(before.subarray(before.length - overlap)))
          before = bytes
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('are one for a text of usual size, and for an empty one', () => {
    expect([...foldPieces(bytesOf('It smokes at 温度.'.repeat(100)))]).toHaveLength(1)
    expect([...foldPieces(new Uint8Array())]).toEqual([{ bytes: new Uint8Array(), overlap: 0 }])
  })

  test('keep the form of a sigma that is far from where its word ends', () => {
    // Both decide about the sigma between them, and nowhere in between may the text be cut.
    for (const end of ['Α', ' ', '']) {
      const text = `Α${"'".repeat(200)}Σ${'.'.repeat(200)}${end}`
      expect(join(bytesOf(text), small)).toBe(foldText(text))
    }
  })

  test('take bytes that are no UTF-8, and a mark at the beginning, for what they are', () => {
    const raw = Uint8Array.of(0xef, 0xbb, 0xbf, 0x41, 0xff, 0xc3)
    expect(join(raw, small)).toBe('\ufeffa\ufffd\ufffd')
  })

  test.each([
    ['one letter', 'a'],
    ['accents', '\u0301'],
    ['sigmas, which cannot be cut', 'Σ'],
    ['one character that becomes eighteen', 'ﷺ'],
    ['Hangul', '각'],
  ])('of four million characters are made in time that grows with the text: %s', (_what, character) => {
    const raw = bytesOf(character.repeat(4_000_000))
    let bytes = 0
    const spentMs = processorMs(() => {
      for (const piece of foldPieces(raw)) bytes += piece.bytes.length - piece.overlap
    })
    expect(spentMs).toBeLessThan(10_000)
    expect(bytes).toBe(4_000_000 * Buffer.byteLength(foldText(character)))
  })
})
