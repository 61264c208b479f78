import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Vocabulary } from '../../src/search/vocabulary.ts'

const add = (vocabulary: Vocabulary, word: string) => {
  const bytes = Buffer.from(` ${word} `)
  return vocabulary.add(bytes, 1, bytes.length - 1)
}

test('finds every word that holds a part, each once, however many there are', () => {
  const anyWord = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '1'), minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fc.array(anyWord, { maxLength: 200 }), anyWord, (words, part) => {
      const vocabulary = new Vocabulary()
      const known = new Set<string>()
      for (const word of words) {
        expect(add(vocabulary, word)).toBe(!known.has(word))
        known.add(word)
      }
      const expected = [...known].filter(word => word.includes(part))
      expect(vocabulary.find(Buffer.from(part), 1000)).toEqual(expected)
      expect(vocabulary.count).toBe(known.size)
      const most = Math.max(0, expected.length - 1)
      expect(vocabulary.find(Buffer.from(part), most)?.length).toBe(expected.length > most ? undefined : 0)
    }),
  )
})

test('has a hundred thousand words, and the ones that it was given as lines', () => {
  const vocabulary = new Vocabulary()
  for (let n = 0; n < 100_000; n++) add(vocabulary, `word${n}`)
  vocabulary.addLines(Buffer.from('kiln\nword7\nrelay\n'))
  expect(vocabulary.count).toBe(100_002)
  expect(vocabulary.find(Buffer.from('rd9999'), 20)?.length).toBe(11)
  expect(vocabulary.find(Buffer.from('elay'), 20)).toEqual(['relay'])
})

test('says nothing any more where there are too many words', () => {
  const vocabulary = new Vocabulary(100)
  const isNew = Array.from({ length: 40 }, (_, n) => add(vocabulary, `word${n}`))
  expect([vocabulary.isComplete, vocabulary.find(Buffer.from('word'), 100)]).toEqual([false, undefined])
  expect(isNew.lastIndexOf(true)).toBeLessThan(20)
})
