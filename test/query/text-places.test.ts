import { describe, expect, test } from 'vitest'
import { foldText } from '../../src/bug/search-text.ts'
import { parseQuery } from '../../src/query/parser.ts'
import { textPlaces } from '../../src/query/text-places.ts'
import { processorMs } from '../support/processor-time.ts'

function places(query: string, where: 'title' | 'comment' = 'comment') {
  const parsed = parseQuery(query)
  if ('error' in parsed) throw new Error(parsed.error.message)
  return textPlaces(parsed.query, where)
}

/** The text with brackets around what is marked. */
function marked(query: string, text: string, where: 'title' | 'comment' = 'comment'): string {
  let result = ''
  let at = 0
  for (const { start, end } of places(query, where)?.find(text) ?? []) {
    result += `${text.slice(at, start)}[${text.slice(start, end)}]`
    at = end
  }
  return result + text.slice(at)
}

describe('the places of the words of a query', () => {
  test.each([
    ['crash', 'It crashes. CRASH!', 'It [crash]es. [CRASH]!'],
    ['crash decoder', 'The decoder may crash', 'The [decoder] may [crash]'],
    ['crash -decoder', 'The decoder may crash', 'The decoder may [crash]'],
    ['zoe', 'Zoë and ZOE\u0308, a zo\u0301e', '[Zoë] and [ZOE\u0308], a [zo\u0301e]'],
    ['straße', 'in der STRASSE', 'in der STRASSE'],
    ['οδος', 'ΟΔΟΣ, οδός', '[ΟΔΟΣ], [οδός]'],
    [
      '"empty frame"',
      'an empty -- frame, emptyframes, two empty frames',
      'an [empty -- frame], [emptyframe]s, two [empty frame]s',
    ],
    ['frame.length', 'the frame.length of frame length', 'the [frame.length] of frame length'],
    ['漢字', '常用漢字表', '常用[漢字]表'],
    ['crash ashes', 'crashes', '[crashes]'],
    ['aa', 'aaaa', '[aaaa]'],
    ['ﬁ', 'find a ﬁle', '[fi]nd a [ﬁ]le'],
    ['x', '😀x😀', '😀[x]😀'],
  ])('%s in “%s”', (query, text, expected) => {
    expect(marked(query, text)).toBe(expected)
  })

  test('what asks for titles is marked there only', () => {
    expect(marked('title:cone in:title glaze', 'Cone 10 glaze', 'title')).toBe('[Cone] 10 [glaze]')
    expect(places('title:cone in:title glaze')).toBeUndefined()
    expect(places('label:x status:open', 'title')).toBeUndefined()
  })

  test('say how many of the terms a text holds', () => {
    const found = places('kiln glaze "cone ten"')!
    expect([found.terms, found.count('The KILN and the glaze'), found.count('cone  tens'), found.count('')]).toEqual([
      3, 2, 1, 0,
    ])
  })

  test('a mark never splits what folds together, whatever the text', () => {
    const text = 'İstanbul ǅ ﷺ Å½ e\u0301\u0302\u0303 \ud800 x'
    for (const letter of new Set(foldText(text))) {
      const query = /^[\p{L}\p{N}]$/u.test(letter) ? places(letter) : undefined
      for (const { start, end } of query?.find(text) ?? []) expect(end).toBeGreaterThan(start)
    }
  })

  test('long terms and many of them cost no more than a short text does', () => {
    const text = 'a'.repeat(64 * 1024)
    const query = Array.from({ length: 100 }, (_, n) => `${'a'.repeat(20)}b${n}${'a'.repeat(15)}`).join(' ')
    expect(processorMs(() => expect(places(query)!.count(text)).toBe(0))).toBeLessThan(1000)
  })
})
