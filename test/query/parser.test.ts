import { describe, expect, test } from 'vitest'
import { parseQuery } from '../../src/query/parser.ts'
import { knownQualifiers, knownSorts } from '../../src/query/qualifiers.ts'
import { parseBad, parseGood } from './bugs.ts'

function filtersOf(text: string) {
  return parseGood(text).filters
}

describe('a query', () => {
  test('that is empty has no filter and no order', () => {
    expect(parseGood('')).toEqual({ filters: [], sort: undefined })
    expect(parseGood(' \n ')).toEqual({ filters: [], sort: undefined })
  })

  test('keeps its filters in the order in which they were written', () => {
    expect(filtersOf('crash label:x sort:id -author:bob label:x')).toEqual([
      { kind: 'term', negated: false, value: 'crash' },
      { kind: 'label', negated: false, value: 'x' },
      { kind: 'author', negated: true, value: 'bob' },
      { kind: 'label', negated: false, value: 'x' },
    ])
  })

  test('takes a status by any of its qualifiers, in any case', () => {
    const open = [{ kind: 'status', negated: false, value: 'open' }]
    for (const text of ['status:open', 'state:open', 'is:open', 'status:OPEN', 'is:" Open "']) {
      expect(filtersOf(text)).toEqual(open)
    }
    expect(filtersOf('-is:closed')).toEqual([{ kind: 'status', negated: true, value: 'closed' }])
  })

  test.each(['author', 'actor', 'participant', 'involves', 'label', 'title'])(
    'takes any value of %s as it is',
    kind => {
      expect(filtersOf(`${kind}:"A b:c"`)).toEqual([{ kind, negated: false, value: 'A b:c' }])
      expect(filtersOf(`-${kind}:x`)).toEqual([{ kind, negated: true, value: 'x' }])
    },
  )

  test('takes a label that looks escaped as the real client does', () => {
    expect(filtersOf(String.raw`label:"needs \"quotes\""`)).toEqual([
      { kind: 'label', negated: false, value: String.raw`needs \"quotes\"` },
    ])
  })

  test('takes metadata with quoted colons', () => {
    expect(filtersOf('metadata:"github-url":"https://x/y" -metadata:k:v')).toEqual([
      { kind: 'metadata', negated: false, key: 'github-url', value: 'https://x/y' },
      { kind: 'metadata', negated: true, key: 'k', value: 'v' },
    ])
  })

  test('takes no:label and its opposite', () => {
    expect(filtersOf('no:label -no:label')).toEqual([
      { kind: 'no', negated: false, value: 'label' },
      { kind: 'no', negated: true, value: 'label' },
    ])
  })

  test('takes ids of 1 to 64 digits in lower case', () => {
    expect(filtersOf('id:A')).toEqual([{ kind: 'id', negated: false, value: 'a' }])
    expect(filtersOf(`-id:${'F0'.repeat(32)}`)).toEqual([{ kind: 'id', negated: true, value: 'f0'.repeat(32) }])
  })

  test('takes in:title', () => {
    expect(filtersOf('in:title x')[0]).toEqual({ kind: 'in', negated: false, value: 'title' })
  })

  test('takes words with quotes for names of everything, such as __proto__, without harm', () => {
    expect(parseBad('__proto__:x').code).toBe('unknown-qualifier')
    expect(parseBad('constructor:x').code).toBe('unknown-qualifier')
    expect(parseBad('sort:__proto__').code).toBe('unknown-sort')
    expect(filtersOf('metadata:__proto__:x')).toEqual([
      { kind: 'metadata', negated: false, key: '__proto__', value: 'x' },
    ])
  })
})

describe('the order of a query', () => {
  test.each([
    ['id', 'id', 'asc'],
    ['id-asc', 'id', 'asc'],
    ['id-desc', 'id', 'desc'],
    ['creation', 'creation', 'desc'],
    ['creation-asc', 'creation', 'asc'],
    ['creation-desc', 'creation', 'desc'],
    ['edit', 'edit', 'desc'],
    ['edit-asc', 'edit', 'asc'],
    ['updated', 'updated', 'desc'],
    ['updated-asc', 'updated', 'asc'],
    ['edit-desc', 'edit', 'desc'],
    ['comments', 'comments', 'desc'],
    ['comments-asc', 'comments', 'asc'],
    ['comments-desc', 'comments', 'desc'],
  ])('sort:%s is by %s, %s', (word, key, direction) => {
    expect(parseGood(`sort:${word}`).sort).toEqual({ key, direction })
  })

  test('has a word for each that is listed as known', () => {
    for (const word of knownSorts) expect(parseGood(`sort:${word}`).sort).toBeDefined()
  })
})

describe('a bad query is told with its place:', () => {
  test.each([
    ['open foo:x', 'unknown-qualifier', 5, 3],
    ['-foo:x', 'unknown-qualifier', 1, 3],
    ['--status:open', 'unknown-qualifier', 0, 8],
    ['Status:open', 'unknown-qualifier', 0, 6],
    ['a:b:c', 'unknown-qualifier', 0, 1],
    ['status:weird', 'unknown-status', 7, 5],
    ['a state:"o n"', 'unknown-status', 8, 5],
    ['is:locked', 'unknown-value', 3, 6],
    ['no:title', 'unknown-value', 3, 5],
    ['in:comments', 'unknown-value', 3, 8],
    ['sort:foo', 'unknown-sort', 5, 3],
    ['sort:id-up', 'unknown-sort', 5, 5],
    ['sort:edit-asc-desc', 'unknown-sort', 5, 13],
    ['sort:edit-', 'unknown-sort', 5, 5],
    ['sort:-asc', 'unknown-sort', 5, 4],
    [`don't`, 'unmatched-quote', 3, 1],
    ['foo:x "', 'unmatched-quote', 6, 1],
    ['a status:', 'empty', 2, 7],
    [':open', 'empty', 0, 5],
    [':', 'empty', 0, 1],
    ['-:x', 'empty', 0, 3],
    ['std::string', 'empty', 0, 11],
    ['metadata:k:', 'empty', 0, 11],
    ['""', 'empty', 0, 2],
    [`-''`, 'empty', 1, 2],
    ['label:""', 'empty', 6, 2],
    ['"":x', 'empty', 0, 2],
    ['metadata:k:""', 'empty', 11, 2],
    ['sort:""', 'empty', 5, 2],
    ['x label:a:b', 'too-many-colons', 2, 9],
    ['a:b:c:d', 'too-many-colons', 0, 7],
    ['metadata:k:a:b', 'too-many-colons', 0, 14],
    ['sort:id:asc', 'too-many-colons', 0, 11],
    ['metadata:k', 'missing-key', 9, 1],
    ['sort:id x sort:edit', 'second-sort', 10, 9],
    ['sort:id sort:id', 'second-sort', 8, 7],
    ['x -sort:id', 'not-negatable', 2, 8],
    ['-in:title', 'not-negatable', 1, 2],
    ['id:xyz', 'bad-id', 3, 3],
    [`id:${'0'.repeat(65)}`, 'bad-id', 3, 65],
    ['created:soon', 'bad-date', 8, 4],
    ['-updated:2026-02-30', 'bad-date', 9, 10],
    ['created:2026..2025', 'bad-date', 8, 10],
    ['comments:many', 'bad-number', 9, 4],
    ['comments:7..3', 'bad-number', 9, 4],
    ['🐞 foo:x', 'unknown-qualifier', 3, 3],
  ])('%s', (text, code, position, length) => {
    expect(parseBad(text)).toMatchObject({ code, position, length })
  })

  test('the first mistake from the left is the one that is told', () => {
    expect(parseBad('sort:foo status:weird').code).toBe('unknown-sort')
    expect(parseBad('a: sort:foo').code).toBe('empty')
  })

  test('an unknown qualifier names the one that was meant, or all', () => {
    expect(parseBad('lable:x').message).toContain('did you mean "label"')
    expect(parseBad('Author:x').message).toContain('did you mean "author"')
    const { message } = parseBad('milestone:x')
    for (const qualifier of knownQualifiers) expect(message).toContain(qualifier)
  })

  test('an unknown order names the one that was meant', () => {
    expect(parseBad('sort:edit-des').message).toContain('did you mean "edit-desc"')
    expect(parseBad('sort:votes').message).toContain('creation')
  })

  test('a message does not repeat a long text', () => {
    const long = '\ud83d\udc1e'.repeat(2000)
    for (const text of [`${long}:x`, `status:${long}`, `sort:${long}`, `a:b:c:${long}`, `id:${long}`, `no:${long}`]) {
      const { message } = parseBad(text)
      expect(message.length).toBeLessThan(250)
      expect(message.isWellFormed()).toBe(true)
    }
  })
})

describe('the limits of a query', () => {
  test('are 4096 characters', () => {
    expect(parseQuery('x'.repeat(4096))).toHaveProperty('query')
    expect(parseBad('x'.repeat(4100))).toMatchObject({ code: 'too-long', position: 4096, length: 4 })
  })

  test('are 256 terms', () => {
    expect(parseQuery('x '.repeat(256))).toHaveProperty('query')
    expect(parseBad('x '.repeat(257))).toMatchObject({ code: 'too-long', position: 512, length: 2 })
  })

  test('are options', () => {
    const limits = { maxChars: 5, maxTokens: 2 }
    expect(parseQuery('x yyy', limits)).toHaveProperty('query')
    expect(parseQuery('x yyyy', limits)).toMatchObject({ error: { code: 'too-long', position: 5, length: 1 } })
    expect(parseQuery('a b c', limits)).toMatchObject({ error: { code: 'too-long', position: 4, length: 1 } })
  })

  test('hold for the printed form too, so that a link to the query can be followed', () => {
    const text = `is:open ${'x'.repeat(4088)}`
    expect(text.length).toBe(4096)
    expect(parseBad(text)).toMatchObject({ code: 'too-long', position: 4095, length: 1 })
  })
})
