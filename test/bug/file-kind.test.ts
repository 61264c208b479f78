import { describe, expect, test } from 'vitest'
import { fileKind, kindBytes } from '../../src/bug/file-kind.ts'
import { gifHead, greyPng, jpegHead, webpHead } from '../support/small-pictures.ts'

describe('the kind of a file', () => {
  test.each([
    ['png', greyPng(1, 1)],
    ['jpeg', jpegHead({ width: 1, height: 1 })],
    ['gif', gifHead(1, 1)],
    ['webp', webpHead('VP8 ', 1, 1)],
  ])('is %s by its first bytes', (kind, bytes) => {
    expect(fileKind(bytes)).toBe(kind)
  })

  test.each([
    ['a line of a log', 'kiln: 1222 °C\r\n\tcone 6\f\n'],
    ['a byte order mark before it', '\uFEFFtext'],
    ['a script, which is shown and not run', 'alert(1)'],
  ])('is text: %s', (_what, text) => {
    expect(fileKind(Buffer.from(text))).toBe('text')
  })

  test('is text where the bytes that are looked at end in the middle of a character', () => {
    const text = Buffer.from(`${'x'.repeat(kindBytes - 1)}é and more`)
    expect(fileKind(text.subarray(0, kindBytes))).toBe('text')
    expect(fileKind(Buffer.from('é').subarray(0, 1))).toBe(undefined)
  })

  test.each([
    ['nothing', ''],
    ['a page', '<!DOCTYPE html><script>alert(1)</script>'],
    ['a drawing behind white space', ' \n\t<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['a zero byte', 'text\0'],
    ['an escape sequence', '\x1b[31mred'],
    ['a control character of the upper half', 'a\u009bb'],
    ['Latin-1', Buffer.from('Brennofen für Töpfe', 'latin1')],
    ['RIFF that is a sound', 'RIFF\0\0\0\0WAVEfmt '],
    ['WEBP without RIFF', '\0\0\0\0\0\0\0\0WEBP'],
  ])('is not told of %s', (_what, content) => {
    expect(fileKind(Buffer.from(content))).toBe(undefined)
  })
})
