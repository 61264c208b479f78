import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseQuery } from '../../src/query/parser.ts'
import { suggest } from '../../src/query/suggest.ts'
import { createIdentity } from './bugs.ts'

const label = (name: string, bugs: number) => ({ name, bugs, color: '#000000' })
const source = {
  labels: [label('area/ui', 9), label('good first issue', 3), label('kind/bug', 20), label(`x" 'y`, 5), label('ui', 1)],
  identities: new Map(
    [
      createIdentity({ id: 'a'.repeat(64), name: 'Ada Marsh', login: 'ada', displayName: 'Ada Marsh (ada)' }),
      createIdentity({ id: 'b'.repeat(64), name: 'Zoë Ünal', displayName: 'Zoë Ünal' }),
      createIdentity({ id: 'c'.repeat(64), displayName: '' }),
    ].map(identity => [identity.id, identity]),
  ),
}
const texts = (text: string) => suggest(text, source).map(suggestion => suggestion.text)

describe('what is suggested while a query is typed', () => {
  test('in an empty box, and behind a space: qualifiers', () => {
    expect(texts('').slice(0, 3)).toEqual(['status:', 'author:', 'actor:'])
    expect(texts('crash ')).toHaveLength(10)
    expect(suggest('crash ', source)[0]?.replace).toEqual([6, 6])
  })

  test('for the start of a word: qualifiers, then labels and people with it', () => {
    expect(texts('la')).toEqual(['label:'])
    expect(texts('ui')).toEqual(['label:ui ', 'label:area/ui '])
    expect(texts('ad')).toEqual(['author:ada '])
  })

  test('behind a qualifier: what it takes, quoted where it has to be', () => {
    expect(texts('status:')).toEqual(['status:open ', 'status:closed '])
    expect(texts('-status:o')).toEqual(['-status:open '])
    expect(texts('label:GOOD')).toEqual(['label:"good first issue" '])
    expect(texts('label:"good f')).toEqual(['label:"good first issue" '])
    expect(texts('participant:zoë')).toEqual(['participant:"Zoë Ünal" '])
    expect(texts('-involves:zoë')).toEqual(['-involves:"Zoë Ünal" '])
    expect(texts('author:ccc')).toEqual(['author:ccccccc '])
    expect(texts('sort:ed')).toEqual(['sort:edit ', 'sort:edit-asc ', 'sort:edit-desc '])
    expect(texts('in:')).toEqual(['in:title '])
    expect(texts('no:')).toEqual(['no:label '])
    expect(texts('created:')).toEqual([])
  })

  test('takes the place of the last word only', () => {
    expect(suggest('status:open -lab', source)).toEqual([{ text: '-label:', hint: 'a whole label', replace: [12, 16] }])
    expect(suggest('"a b" label:"go', source)[0]).toMatchObject({ hint: '3 bugs', replace: [6, 15] })
  })

  test('labels that start so come before those that contain it, then those of more bugs', () => {
    expect(texts('label:u')).toEqual(['label:ui ', 'label:kind/bug ', 'label:area/ui ', 'label:"good first issue" '])
  })

  test('is nothing for what is complete, unknown, or cannot be said', () => {
    expect(texts('status:open')).toEqual([])
    expect(texts('metadata:a:b')).toEqual([])
    expect(texts('colour:r')).toEqual([])
    expect(texts('label:x')).toEqual([])
    expect(texts(`${'a '.repeat(300)}b`)).toEqual([])
  })

  test('is for any text a query that can be read, up to its value', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), text =>
        suggest(text, source).every(({ text: meant, replace: [from, to] }) => {
          const whole = `${text.slice(0, from)}${meant}${meant.endsWith(':') ? '1' : ''}`
          const before = parseQuery(text.slice(0, from))
          return to === text.length && ('error' in before || meant.endsWith(':') || 'query' in parseQuery(whole))
        }),
      ),
    )
  })
})
