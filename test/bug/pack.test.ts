import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultDecodeLimits } from '../../src/base/limits.ts'
import { FieldProblem } from '../../src/bug/fields.ts'
import { parsePack } from '../../src/bug/pack.ts'
import { processorMs } from '../support/processor-time.ts'
import { ada, comment, compile, create, opsBlob, type PackParts, rawPack, refusal, soundBug, write } from './packs.ts'

const first = create()
const root: PackParts = { commit: 1, ops: [first] }

/** The ids of the operations of a blob. */
function operationIds(blob: string | Buffer): string[] {
  return parsePack(rawPack({ commit: 1, blob }), defaultDecodeLimits).operations.map(({ id }) => id)
}

/** Why a blob cannot be read. */
function blobRefusal(blob: string | Buffer, limits: Parameters<typeof refusal>[1] = {}): string {
  return refusal([{ commit: 1, blob }], { id: first.id, ...limits })
}

describe('an operation’s id', () => {
  test('is the SHA-256 of its bytes as they are stored', () => {
    const odd = '{ "title" :\t"\\u0041\\/é", "type":1 ,"extra":[1.0e0,{}] }'
    expect(operationIds(`{"ops":[ \n${odd} \r\n, ${first.json}\t],"author":{"id":"${ada}"}}`)).toEqual([
      hash('sha256', odd),
      first.id,
    ])
  })

  test('is taken from the last of equal keys, however it is spelled', () => {
    expect(operationIds(`{"ops":[{"type":9}],"author":{"id":"${ada}"},"\\u006fps":[${first.json}]}`)).toEqual([
      first.id,
    ])
  })

  test('is that of the raw bytes where they are no UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('{"type":1,"title":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    const blob = Buffer.concat([Buffer.from(`{"author":{"id":"${ada}"},"ops":[`), bytes, Buffer.from(']}')])
    const id = hash('sha256', bytes)
    expect(operationIds(blob)).toEqual([id])
    expect(compile([{ commit: 1, blob }], { id }).bug?.title).toBe('\ufffd\ufffd')
  })

  test('is right for every operation whatever stands in it', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(fc.array(fc.record({ message: text, nonce: text, more: fc.jsonValue({ maxDepth: 3 }) })), list => {
        const written = list.map(fields => write({ type: 3, ...fields }))
        expect(operationIds(opsBlob(ada, written))).toEqual(written.map(({ id }) => id))
      }),
    )
  })
})

describe('the format version', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['3', ['version-3', 'edit-clock-1', 'create-clock-1', 'ops'], /format version 3/],
    ['5', ['version-5', 'edit-clock-1', 'create-clock-1', 'ops'], /format version 5/],
    ['04', ['version-04', 'edit-clock-1', 'create-clock-1', 'ops'], /format version 04/],
    ['none', ['edit-clock-1', 'create-clock-1', 'ops'], /no format version/],
    ['empty', ['version-', 'edit-clock-1', 'create-clock-1', 'ops'], /format version/],
    ['no number', ['version-four', 'edit-clock-1', 'create-clock-1', 'ops'], /format version four/],
    ['one of a later pack', ['version-5', 'edit-clock-2', 'ops'], /format version 5/],
  ])('%s is refused', (name, entries, reason) => {
    const packs = name.includes('later') ? [root, { commit: 2, parents: [1], entries }] : [{ ...root, entries }]
    expect(refusal(packs)).toMatch(reason)
  })
})

describe('clocks in the tree', () => {
  test.each(['', '+5', '-1', 'x', '1.5', '1e3', ' 1', '18446744073709551616', '\ud83d'])(
    'edit-clock-%s is refused',
    text => {
      expect(refusal([{ ...root, edit: text }])).toMatch(/no logical time/)
      expect(refusal([{ ...root, create: text }])).toMatch(/no logical time/)
    },
  )

  test('none is refused', () => {
    expect(refusal([{ ...root, entries: ['version-4', 'create-clock-1', 'ops'] }])).toMatch(/no edit clock/)
  })

  test('other entries do not matter', () => {
    const entries = ['extra', 'edit-clock-1', 'create-clock-2', 'ops', 'version-4', 'edit-clock', 'README', '__proto__']
    expect(soundBug([{ ...root, entries }])).toMatchObject({ editLamport: 1, createLamport: 2 })
  })

  test('what is told of a clock or a version can be written as UTF-8', () => {
    // The cut must not fall between the halves of a character beyond U+FFFF.
    for (const padding of ['', 'x']) {
      const long = `${padding}${'\u{1f41b}'.repeat(200)}`
      expect(refusal([{ ...root, edit: long }]).isWellFormed()).toBe(true)
      expect(refusal([{ ...root, version: long }]).isWellFormed()).toBe(true)
      expect(refusal([{ ...root, ops: [write({ type: long })] }]).isWellFormed()).toBe(true)
    }
  })

  test('what is told is short, however long the name is', () => {
    const long = 'x'.repeat(100_000)
    expect(refusal([{ ...root, edit: long }]).length).toBeLessThan(200)
    expect(refusal([{ ...root, version: long }]).length).toBeLessThan(200)
    expect(refusal([{ ...root, ops: [write({ type: long })] }]).length).toBeLessThan(200)
  })
})

describe('the "ops" blob', () => {
  const author = `"author":{"id":"${ada}"}`

  test.each<[string, string, RegExp]>([
    ['nothing', '', /not valid JSON/],
    ['white space', ' \n', /not valid JSON/],
    ['half a pack', `{${author},"ops":[`, /not valid JSON/],
    ['half a text', `{${author},"ops":["abc`, /string without an end/],
    ['two packs', `{${author},"ops":[]}{${author},"ops":[]}`, /not valid JSON/],
    ['a comma too many', `{${author},"ops":[${first.json},]}`, /not valid JSON/],
    ['a comma too few', `{${author},"ops":[${first.json} ${first.json}]}`, /not valid JSON/],
    ['NaN', `{${author},"ops":[{"type":NaN}]}`, /not valid JSON/],
    ['Infinity', `{${author},"ops":[{"type":Infinity}]}`, /not valid JSON/],
    ['a leading zero', `{${author},"ops":[{"type":01}]}`, /not valid JSON/],
    ['single quotes', `{${author},"ops":[{'type':1}]}`, /not valid JSON/],
    ['a control character in a text', `{${author},"ops":[{"type":1,"title":"a\nb"}]}`, /not valid JSON/],
    ['a byte order mark', `\ufeff{${author},"ops":[]}`, /not valid JSON/],
    ['null', 'null', /no object/],
    ['a list', `[${first.json}]`, /no object/],
    ['a text', '"ops"', /no object/],
    ['a number', '5', /no object/],
    ['a text as operations', `{${author},"ops":"[]"}`, /no list/],
    ['an object as operations', `{${author},"ops":{"0":${first.json}}}`, /no list/],
    ['no author', '{"ops":[]}', /author/],
    ['an author without id', '{"author":{},"ops":[]}', /author/],
    ['an author that is null', '{"author":null,"ops":[]}', /author/],
    ['an author that is a text', `{"author":"${ada}","ops":[]}`, /author/],
    ['an author’s id in upper case', `{"author":{"id":"${ada.toUpperCase()}"},"ops":[]}`, /author/],
    ['an author’s id that is short', `{"author":{"id":"${ada.slice(1)}"},"ops":[]}`, /author/],
    ['an author’s id that is a list', `{"author":{"id":["${ada}"]},"ops":[]}`, /author/],
  ])('%s is refused', (_name, blob, reason) => {
    expect(blobRefusal(blob)).toMatch(reason)
  })

  test('more keys than the format knows do no harm', () => {
    const blob = `{"x":{"ops":[]},${opsBlob(ada, [first]).slice(1, -1)},"y":[[]],"ops2":[1]}`
    expect(compile([{ commit: 1, blob }], { id: first.id }).bug).toEqual(soundBug([root]))
  })

  test('as deep as allowed is read and one level more is not', () => {
    // The pack, its list and the operation are three levels.
    const nested = (levels: number) => write(`{"type":1,"title":"t","x":${'['.repeat(levels)}${']'.repeat(levels)}}`)
    const limits = { maxNesting: 10 }
    expect(soundBug([{ commit: 1, ops: [nested(7)] }], { limits }).title).toBe('t')
    expect(refusal([{ commit: 1, ops: [nested(8)] }], { limits })).toMatch(/nested deeper than 10/)
  })

  test.each(['[', '{"a":'])('100,000 levels of %s are refused', open => {
    const blob = `{${author},"ops":[{"type":1,"x":${open.repeat(100_000)}`
    expect(blobRefusal(blob)).toMatch(/nested deeper/)
  })

  test('closing brackets first do not buy depth', () => {
    expect(blobRefusal(`${']'.repeat(1_000_000)}${'['.repeat(1_000_000)}`)).toMatch(/JSON|nested/)
  })
})

describe('limits', () => {
  test('as many operations as allowed are read, over all packs together, and one more is not', () => {
    const limits = { maxOperations: 5 }
    const second = { commit: 2, parents: [1], ops: ['a', 'b', 'c', 'd'].map(text => comment(text)) }
    expect(soundBug([root, second], { limits }).commentCount).toBe(5)
    expect(refusal([root, { ...second, ops: [...second.ops, comment('e')] }], { limits })).toMatch(
      /more than 5 operations/,
    )
    expect(refusal([root, second, { commit: 3, parents: [2], ops: [comment('e')] }], { limits })).toMatch(
      /more than 5 operations/,
    )
  })

  test('as many packs as allowed are read and one more is not', () => {
    const chain = Array.from({ length: 6 }, (_, index) => ({
      commit: index + 1,
      parents: index === 0 ? [] : [index],
      ops: index === 0 ? [first] : [comment(`${index}`)],
    }))
    expect(soundBug(chain.slice(0, 5), { limits: { maxPacks: 5 } }).packs).toHaveLength(5)
    expect(refusal(chain, { limits: { maxPacks: 5 } })).toMatch(/more than 5 commits/)
  })

  test('millions of operations are refused without a list of them', () => {
    const blob = Buffer.concat([Buffer.from('{"ops":['), Buffer.alloc(16 * 1024 * 1024, '1,')])
    expect(processorMs(() => expect(blobRefusal(blob)).toMatch(/more than 100000 operations/))).toBeLessThan(700)
  })
})

describe('whatever the bytes', () => {
  test('a pack is read or refused, and nothing else is thrown', () => {
    const sound = Buffer.from(opsBlob(ada, [create(), comment('"]}[{\\')]))
    const changes = fc.array(
      fc.tuple(fc.nat(sound.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]",:\\')))),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    fc.assert(
      fc.property(changes, list => {
        const blob = Buffer.from(sound)
        for (const [place, byte] of list) blob[place] = byte
        const { bug, problems } = compile([{ commit: 1, blob }], { id: create().id })
        expect(bug === undefined ? problems.length : 1).toBe(1)
      }),
      { numRuns: 2000 },
    )
  })

  test('any JSON in place of an operation is read or refused', () => {
    const kinds = fc.record(
      {
        type: fc.integer({ min: 1, max: 8 }),
        timestamp: fc.jsonValue(),
        title: fc.jsonValue(),
        message: fc.jsonValue(),
        files: fc.jsonValue(),
        status: fc.jsonValue(),
        added: fc.jsonValue(),
        target: fc.jsonValue(),
        new_metadata: fc.jsonValue(),
        metadata: fc.jsonValue(),
      },
      { requiredKeys: ['type'] },
    )
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), kinds), json => {
        expect(() => compile([{ commit: 1, ops: [create(), write(JSON.stringify(json))] }])).not.toThrow()
      }),
      { numRuns: 1000 },
    )
  })

  test('only a FieldProblem leaves the decoder', () => {
    expect(() => parsePack(rawPack({ commit: 1, blob: '{' }), defaultDecodeLimits)).toThrow(FieldProblem)
  })
})
