import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packetLine } from '../../src/transfer/packet.ts'
import { quietAnswer } from '../../src/transfer/quiet-answer.ts'

/** What goes through of an answer, which comes in pieces of the given lengths, over and over. */
function passed(answer: string, lengths: readonly number[] = [answer.length]): string {
  const quiet = quietAnswer()
  const bytes = Buffer.from(answer, 'latin1')
  const parts: Buffer[] = []
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const piece = Buffer.from(bytes.subarray(at, at + (lengths[n % lengths.length] ?? 1)))
    // Whoever brings them uses their memory for something else afterwards.
    parts.push(...quiet(piece).map(part => Buffer.from(part)))
    piece.fill(0x78)
    at += piece.length
  }
  return Buffer.concat(parts).toString('latin1')
}

const band = (number: 1 | 2 | 3, words: string) => packetLine(String.fromCharCode(number) + words)
const pack = band(1, 'PACK\0\x01\x02\xff')
const signOfLife = '0005\x01'
const isDamaged = 'fatal: loose object 1234 (stored in /srv/git/secret/objects/12/34) is corrupt\n'

test('words of git’s are left out, and all else goes through as it is', () => {
  const head = `${['acknowledgments', 'NAK', 'ready'].map(line => packetLine(`${line}\n`)).join('')}0001`
  expect(passed(`${head}${pack}${band(2, isDamaged)}${pack}${band(3, isDamaged)}0000`)).toBe(
    `${head}${pack}${pack}${signOfLife}0000`,
  )
  for (const sign of [signOfLife, '0004', '0000', '0002', '']) expect(passed(pack + sign)).toBe(pack + sign)
})

test('progress goes through, line by line', () => {
  const lines = [
    'Enumerating objects: 8, done.\n',
    'Counting objects:  12% (1/8)\r',
    'Counting objects: 100% (8/8), done.\n',
    'Compressing objects: 100% (4/4)   \r',
    'Total 8 (delta 1), reused 0 (delta 0), pack-reused 0 (from 0)\n',
  ]
  const all = lines.map(line => band(2, line)).join('')
  expect(passed(band(2, lines.join('')))).toBe(all)
  expect(passed(band(2, `${lines[0]}${isDamaged}${lines[1]}`))).toBe(band(2, lines[0]!) + band(2, lines[1]!))
  // git sends what there is, and that ends anywhere.
  expect(passed(Array.from(lines.join(''), char => band(2, char)).join(''))).toBe(all)
})

test('what only begins like progress is left out', () => {
  for (const words of [
    'Counting objects: 1\n/srv/git\n',
    'Counting objects: /srv/git\n',
    'Total /srv/git\n',
    'warning: Total 8\n',
    'Counting objects: 1',
    `Counting objects: ${'1'.repeat(70_000)}`,
  ])
    expect(passed(band(2, words.slice(0, 60_000)) + pack)).not.toContain('srv')
  const tooLong = `Counting objects: ${' '.repeat(5000)}1\n`
  expect(passed(band(2, tooLong.slice(0, 3000)) + band(2, tooLong.slice(3000)) + pack)).toBe(pack)
})

test('a pack that is sent without packets is left alone', () => {
  const raw = `${packetLine('NAK\n')}PACK${band(2, isDamaged)}`
  expect(passed(raw)).toBe(raw)
})

test('it makes no difference where an answer is cut', () => {
  const packets = fc.array(
    fc.oneof(
      fc.constantFrom('0000', '0001', '0004', pack, band(2, isDamaged), band(3, isDamaged), packetLine('NAK\n')),
      fc.constantFrom('Counting objects: 5, done.\n', 'Counting obj', 'ects: 5\r', '/srv').map(words => band(2, words)),
    ),
  )
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })
  fc.assert(
    fc.property(packets, cuts, (parts, lengths) => {
      const whole = passed(parts.join(''))
      expect(passed(parts.join(''), lengths)).toBe(whole)
      expect(whole).not.toContain('srv')
    }),
  )
})
