import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ScanResult, scanPack } from '../../src/bug/json-slices.ts'
import { processorMs } from '../support/processor-time.ts'

const maxNesting = 32

/** The bytes of each slice as text; undefined where the scan found no list. */
function slicesOf(bytes: Buffer, scan: ScanResult = scanPack(bytes, maxNesting)): string[] | undefined {
  return scan.elements?.map(({ start, end }) => bytes.toString('utf8', start, end))
}

describe('the slices of a pack', () => {
  test.each<[string, string, readonly string[] | undefined]>([
    ['white space around elements is none of theirs', '{"ops":[ \t\r\n{"a":1}\n , \r\n[2]\t ]}', ['{"a":1}', '[2]']],
    ['white space inside an element stays', '{"ops":[{ "a" : [ 1 , 2 ] }]}', ['{ "a" : [ 1 , 2 ] }']],
    ['an empty list has none', '{"ops":[]}', []],
    ['an empty list with white space has none', '{"ops":[ \n ]}', []],
    ['null is no list', '{"ops":null}', undefined],
    ['an object is no list', '{"ops":{"ops":[1]}}', undefined],
    ['no key, no list', '{"author":{"id":"x"}}', undefined],
    ['the key may be the first', '{"ops":[1],"author":{"id":"x"}}', ['1']],
    ['the key may stand between others', '{"a":[9],"ops":[1,2],"b":[8,8]}', ['1', '2']],
    ['an escaped key is the same key', '{"\\u006fps":[1,2]}', ['1', '2']],
    ['a key of escapes only is the same key', '{"\\u006F\\u0070\\u0073":[1]}', ['1']],
    ['a key that only looks alike is another', '{"\\\\u006fps":[1],"ops ":[2],"OPS":[3],"\\"ops":[4]}', undefined],
    ['of equal keys the last wins', '{"ops":[1,2],"ops":[3]}', ['3']],
    ['of equal keys the last wins, also an escaped one', '{"ops":[1,2],"\\u006fps":[3]}', ['3']],
    ['of equal keys the last wins, also null', '{"ops":[1,2],"ops":null}', undefined],
    ['of equal keys the last wins, also a text', '{"ops":[1,2],"ops":"[3]"}', undefined],
    ['of equal keys the last wins, also an object', '{"ops":[1,2],"ops":{"a":[3]}}', undefined],
    ['a key "ops" deeper down is another', '{"author":{"ops":[1]},"ops":[2],"x":{"ops":[3]}}', ['2']],
    ['a text "ops" is no key', '{"a":"ops","b":[1]}', undefined],
    ['a list named "ops" in a list is none', '["ops",[1]]', undefined],
    ['brackets and commas in texts count for nothing', '{"ops":["],[}{,",{"a":"[,]"}]}', ['"],[}{,"', '{"a":"[,]"}']],
    ['escaped quotes do not end a text', '{"ops":["\\"],\\"",1]}', ['"\\"],\\""', '1']],
    [
      'backslashes before a quote are counted',
      '{"ops":["\\\\","\\\\\\"]","\\\\\\\\"]}',
      ['"\\\\"', '"\\\\\\"]"', '"\\\\\\\\"'],
    ],
    ['nested lists are one element', '{"ops":[[[1,2],[3]],[]]}', ['[[1,2],[3]]', '[]']],
    ['bare values are elements', '{"ops":[true,false,null,-1.5e3,"a"]}', ['true', 'false', 'null', '-1.5e3', '"a"']],
    ['characters of several bytes shift nothing', '{"é🐛":[0],"ops":["🐛,é",{"ñ":"]"}]}', ['"🐛,é"', '{"ñ":"]"}']],
  ])('%s', (_name, text, expected) => {
    const bytes = Buffer.from(text)
    JSON.parse(text)
    expect(slicesOf(bytes)).toEqual(expected)
  })

  test('bytes that are no UTF-8 stay as they are', () => {
    const bytes = Buffer.concat([Buffer.from('{"ops":["'), Buffer.from([0xff, 0xc3, 0xed, 0xa0]), Buffer.from('",2]}')])
    const [first, second] = scanPack(bytes, maxNesting).elements ?? []
    expect(bytes.subarray(first?.start, first?.end)).toEqual(
      Buffer.concat([Buffer.from('"'), Buffer.from([0xff, 0xc3, 0xed, 0xa0]), Buffer.from('"')]),
    )
    expect(bytes.toString('utf8', second?.start, second?.end)).toBe('2')
  })

  test('as many levels as are allowed are fine and one more is not', () => {
    const nested = (levels: number) => Buffer.from(`{"ops":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`)
    expect(scanPack(nested(maxNesting), maxNesting).problem).toBeUndefined()
    expect(scanPack(nested(maxNesting + 1), maxNesting).problem).toMatch(/nested deeper than 32/)
  })

  test('levels inside texts do not count', () => {
    const bytes = Buffer.from(`{"ops":["${'['.repeat(1000)}"]}`)
    expect(scanPack(bytes, maxNesting).problem).toBeUndefined()
  })

  test('a text without an end is told', () => {
    expect(scanPack(Buffer.from('{"ops":["abc\\"]}'), maxNesting).problem).toMatch(/without an end/)
  })
})

/** JSON written with white space, escapes and an order of keys that no serializer would choose. */
function writeOddly(value: fc.JsonValue, next: () => number): string {
  const space = () => ['', '', '', ' ', '\n', '\t', '\r\n', '  '][next() % 8]!
  const text = (content: string) =>
    `"${Array.from(content, character => escapeSometimes(character, next() % 5 === 0)).join('')}"`
  const list = (items: string[]) => items.map(item => `${space()}${item}${space()}`).join(',') || space()
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return `[${list(value.map(item => writeOddly(item, next)))}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(
    ([key, item]) => `${text(key)}${space()}:${space()}${writeOddly(item ?? null, next)}`,
  )
  return `{${list(fields)}}`
}

function escapeSometimes(character: string, encode: boolean): string {
  const plain = JSON.stringify(character).slice(1, -1)
  if (!encode || character.length > 1) return plain
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const value = fc.jsonValue({ maxDepth: 5, depthSize: 'medium' })
const key = fc.oneof(fc.constantFrom('ops', 'op', 'opss', 'author', '__proto__', '\\u006fps', '"ops"'), fc.string())
const pairs = fc.array(fc.tuple(key, fc.oneof(value, fc.array(value))), { maxLength: 6 })
const seeds = fc.array(fc.nat(999), { minLength: 1, maxLength: 50 })

function cycle(numbers: readonly number[]): () => number {
  let index = 0
  return () => numbers[index++ % numbers.length]!
}

/** Small numbers as JSON gives them back: -0 is 0 once it was written. */
function plain(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json) ?? 'null')
}

/** The JSON that the bytes are; undefined where they are none. */
function parseOrUndefined(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

describe('whatever the JSON', () => {
  test('slices are the elements that JSON.parse sees', () => {
    fc.assert(
      fc.property(pairs, seeds, (fields, numbers) => {
        const next = cycle(numbers)
        const space = () => ['', ' ', '\n'][next() % 3]!
        const content = fields.map(
          ([name, item]) => `${space()}${writeOddly(name, next)}${space()}:${writeOddly(item, next)}${space()}`,
        )
        const text = `${space()}{${content.join(',')}}${space()}`
        const parsed: unknown = (JSON.parse(text) as { ops?: unknown }).ops
        const slices = slicesOf(Buffer.from(text), scanPack(Buffer.from(text), 100))
        expect(slices?.map(slice => JSON.parse(slice) as unknown)).toEqual(Array.isArray(parsed) ? parsed : undefined)
      }),
      { numRuns: 1000 },
    )
  })

  test('each slice is the very text that was written for the element', () => {
    fc.assert(
      fc.property(fc.array(value), seeds, (elements, numbers) => {
        const next = cycle(numbers)
        const written = elements.map(element => writeOddly(element, next))
        const text = `{"author":{"id":"x"},"ops":[${written.map(item => ` ${item}\n`).join(',')}]}`
        expect(slicesOf(Buffer.from(text), scanPack(Buffer.from(text), 100))).toEqual(written)
        expect(written.map(item => plain(JSON.parse(item)))).toEqual(plain(elements))
      }),
      { numRuns: 500 },
    )
  })

  test('random bytes never throw, and slices lie in order inside them', () => {
    const structural = fc.constantFrom(...Buffer.from('{}[],:"\\ ops\n1'))
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.array(structural, { maxLength: 300 }))
    fc.assert(
      fc.property(bytes, numbers => {
        const buffer = Buffer.from(numbers)
        let last = 0
        for (const { start, end } of scanPack(buffer, 8).elements ?? []) {
          expect(start).toBeGreaterThanOrEqual(last)
          expect(end).toBeGreaterThan(start)
          last = end
        }
        expect(last).toBeLessThanOrEqual(buffer.length)
      }),
      { numRuns: 2000 },
    )
  })

  test('a changed byte never throws, and where the whole is still JSON the slices are still right', () => {
    const change = fc.tuple(fc.nat(1000), fc.nat(255))
    fc.assert(
      fc.property(
        pairs,
        fc.array(value),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (fields, elements, changes) => {
          const bytes = Buffer.from(
            `${JSON.stringify(Object.fromEntries(fields)).slice(0, -1)}${fields.length ? ',' : ''}"ops":${JSON.stringify(elements)}}`,
          )
          for (const [place, byte] of changes) bytes[place % bytes.length] = byte
          const slices = slicesOf(bytes, scanPack(bytes, 100))
          const parsed = parseOrUndefined(bytes)
          fc.pre(parsed !== undefined)
          const { ops } = parsed as { ops?: unknown }
          expect(slices?.map(slice => JSON.parse(slice) as unknown)).toEqual(Array.isArray(ops) ? ops : undefined)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('hostile bytes take no more than linear time', () => {
  const megabyte = 1024 * 1024
  const fill = (start: string, pattern: string, size: number) =>
    Buffer.concat([Buffer.from(start), Buffer.alloc(size, pattern)])

  // Each takes some ten milliseconds; what is quadratic, or costs a thrown error for each key, takes many seconds.
  test.each<[string, string, string]>([
    ['backslashes', '{"', '\\'],
    ['quotes', '', '"'],
    ['quotes after a brace', '{', '"'],
    ['escaped quotes', '{"a":"', '\\"'],
    ['white space', '', ' '],
    ['closing brackets', '', ']'],
    ['colons', '{', ':'],
    ['empty elements', '{"ops":[', '       ,'],
    ['keys with escapes that are none', '{', '"\\x"'],
    ['keys with escapes', '{', '"\\u0041"'],
  ])('%s', (_name, start, pattern) => {
    const bytes = fill(start, pattern, 3 * megabyte)
    expect(processorMs(() => scanPack(bytes, maxNesting))).toBeLessThan(1500)
  })

  test('thirty million opening brackets are refused at once', () => {
    const bytes = fill('{"ops":', '[', 30 * megabyte)
    const spentMs = processorMs(() => expect(scanPack(bytes, maxNesting).problem).toMatch(/nested deeper/))
    expect(spentMs).toBeLessThan(1000)
  })
})
