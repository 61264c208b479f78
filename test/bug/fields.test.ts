import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/bug/fields.ts'
import { asObject, FieldProblem, textField, textListField, textMapField, timeField } from '../../src/bug/fields.ts'
import { bugWith, comment, compile, create, idOf, opsBlob, refusal, type Written, write } from './packs.ts'

function refused(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof FieldProblem) return error.message
    throw error
  }
  throw new Error('not refused')
}

const fields = (json: string) => JSON.parse(json) as JsonObject

describe('a field that is absent or null has the empty value of its type', () => {
  test.each(['{}', '{"f":null}', '{"__proto__":{"f":"inherited"}}'])('%s', json => {
    const object = fields(json)
    expect(textField(object, 'f')).toBe('')
    expect(timeField(object, 'f')).toBe(0)
    expect(textListField(object, 'f')).toEqual([])
    expect([...textMapField(object, 'f')]).toEqual([])
  })
})

describe('a field of another type is refused, and its name is told', () => {
  test.each(['1', 'true', '[]', '{}', '["a"]'])('%s is no text', value => {
    expect(refused(() => textField(fields(`{"f":${value}}`), 'f'))).toContain('"f"')
  })
  test.each(['"1"', 'true', '[]', '{}', '1.5', '1e400', '-1e400', '1e-7', '"NaN"', '""'])('%s is no time', value => {
    expect(refused(() => timeField(fields(`{"f":${value}}`), 'f'))).toContain('"f"')
  })
  test.each(['1', '"a"', '{}', '{"length":1,"0":"a"}', '[1]', '["a",null]', '[["a"]]'])(
    '%s is no list of texts',
    value => {
      expect(refused(() => textListField(fields(`{"f":${value}}`), 'f'))).toContain('"f"')
    },
  )
  test.each(['1', '"a"', '[]', '["a"]', '{"a":1}', '{"a":null}', '{"a":{}}'])('%s is no map of texts', value => {
    expect(refused(() => textMapField(fields(`{"f":${value}}`), 'f'))).toContain('"f"')
  })
  test.each([null, undefined, 1, 'a', [], true])('%j is no object', value => {
    expect(refused(() => asObject(value, '"x"'))).toContain('"x"')
  })
})

describe('times', () => {
  test.each<[string, number]>([
    ['0', 0],
    ['1700000000', 1_700_000_000],
    ['-1', -1],
    ['-62135596800', -62_135_596_800],
    ['1.7e9', 1_700_000_000],
    ['9007199254740993', 8_640_000_000_000],
    ['1e300', 8_640_000_000_000],
    ['-1e300', -8_640_000_000_000],
    ['8640000000000', 8_640_000_000_000],
    ['8640000000001', 8_640_000_000_000],
    ['-8640000000001', -8_640_000_000_000],
  ])('%s', (json, expected) => {
    const time = timeField(fields(`{"f":${json}}`), 'f')
    expect(time).toBe(expected)
    expect(new Date(time * 1000).toISOString()).toMatch(/Z$/)
  })
})

describe('texts', () => {
  test('a lone surrogate becomes a broken character and a pair stays', () => {
    const object = fields('{"f":"a\\ud800b\\udc00\\ud83d\\udc1b"}')
    expect(textField(object, 'f')).toBe('a\ufffdb\ufffd\u{1f41b}')
    expect(textListField({ f: ['\udfff'] }, 'f')).toEqual(['\ufffd'])
    expect([...textMapField({ f: { '\ud800': '\udc00' } }, 'f')]).toEqual([['\ufffd', '\ufffd']])
  })

  test('control characters and line ends stay as they were written', () => {
    const text = '\u0000\u0007\r\n\t\u001b[31m\u202e\u2028\ufeff'
    expect(textField({ f: text }, 'f')).toBe(text)
  })
})

describe('keys that objects are born with', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
  const entries = names.map(name => [name, `value of ${name}`] as const)
  const map = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`

  test('are keys of metadata like others', () => {
    const first = write(`{"type":1,"title":"t","metadata":${map}}`)
    expect([...bugWith([], first).metadata]).toEqual(entries)
  })

  test('are keys that can be added later', () => {
    const first = create()
    const bug = bugWith([write(`{"type":8,"target":"${first.id}","new_metadata":${map}}`)], first)
    expect([...bug.metadata]).toEqual(entries)
  })

  test('give nothing to any object', () => {
    const before = Reflect.ownKeys(Object.prototype)
    const evil = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"type":1,"title":"t"}'
    const bug = bugWith([], write(evil))
    const inPack = `{"__proto__":{"ops":[1],"author":{"id":"${idOf('eve')}"}},${opsBlob(idOf('ada'), [write(evil)]).slice(1)}`
    expect(compile([{ commit: 1, blob: inPack }], { id: write(evil).id }).bug).toEqual(bug)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before)
  })

  test('do not stand for fields that are missing', () => {
    const author = `{"__proto__":{"id":"${idOf('ada')}"}}`
    expect(
      refusal([{ commit: 1, blob: `{"author":${author},"ops":[${create().json}]}` }], { id: create().id }),
    ).toMatch(/author/)
    expect(refusal([{ commit: 1, ops: [write('{"__proto__":{"type":1}}')] }])).toMatch(/unknown operation type/)
  })
})

describe('fields of operations', () => {
  test.each<[string, string]>([
    ['title', '{"type":1,"title":5}'],
    ['title', '{"type":1,"title":["t"]}'],
    ['message', '{"type":1,"title":"t","message":{}}'],
    ['timestamp', '{"type":1,"title":"t","timestamp":"1"}'],
    ['timestamp', '{"type":1,"title":"t","timestamp":1e400}'],
    ['timestamp', '{"type":1,"title":"t","timestamp":0.5}'],
    ['metadata', '{"type":1,"title":"t","metadata":[]}'],
    ['metadata', '{"type":1,"title":"t","metadata":{"a":1}}'],
  ])('"%s" of a wrong type is told: %s', (name, json) => {
    expect(refusal([{ commit: 1, ops: [write(json)] }])).toContain(`"${name}"`)
  })

  test.each<[string, object]>([
    ['was', { type: 2, title: 't', was: 5 }],
    ['added', { type: 5, added: 'a' }],
    ['added', { type: 5, added: [1] }],
    ['removed', { type: 5, removed: {} }],
    ['target', { type: 6, target: 5 }],
    ['new_metadata', { type: 8, target: 'x', new_metadata: [] }],
    ['metadata', { type: 7, metadata: 'x' }],
  ])('"%s" of a wrong type is told: %j', (name, operation) => {
    expect(refusal([{ commit: 1, ops: [create(), write(operation)] }])).toContain(`"${name}"`)
  })

  test.each(['0', '9', '-1', '1.5', '1e400', '"1"', 'null', 'true', '[1]', '{}'])('%s is no type', type => {
    const reason = refusal([{ commit: 1, ops: [create(), write(`{"type":${type}}`)] }])
    expect(reason).toMatch(/unknown operation type/)
  })

  test('no type is told', () => {
    expect(refusal([{ commit: 1, ops: [create(), write('{}')] }])).toMatch(/unknown operation type/)
  })

  test.each(['5', '"x"', 'null', '[]', 'true'])('%s is no operation', json => {
    expect(refusal([{ commit: 1, ops: [create(), write(json)] }])).toMatch(/operation is no object/)
  })
})

describe('files', () => {
  const good = 'a'.repeat(40)
  const attached = (files: unknown, operation: (fields: object) => Written = create) => {
    const { bug, problems } = compile([
      { commit: 1, ops: operation === create ? [create({ files })] : [create(), operation({ files })] },
    ])
    return { files: bug?.comments.at(-1)?.files, remarks: problems.length }
  }

  test('null, none and hashes are fine', () => {
    expect(attached(null)).toEqual({ files: [], remarks: 0 })
    expect(attached(undefined)).toEqual({ files: [], remarks: 0 })
    expect(attached([])).toEqual({ files: [], remarks: 0 })
    expect(attached([good, 'b'.repeat(64)])).toEqual({ files: [good, 'b'.repeat(64)], remarks: 0 })
  })

  test.each<[string, unknown]>([
    ['a path', '../../etc/passwd'],
    ['an option', '--help'],
    ['a number', 5],
    ['null', null],
    ['upper case', 'A'.repeat(40)],
    ['a short hash', 'a'.repeat(7)],
    ['a list', [good]],
  ])('%s is left out and remarked on, and the others stay', (_name, file) => {
    expect(attached([good, file])).toEqual({ files: [good], remarks: 1 })
    expect(attached([good, file], parts => comment('c', parts))).toEqual({ files: [good], remarks: 1 })
  })

  test.each<[string, unknown]>([
    ['a text', good],
    ['a number', 5],
    ['an object', { 0: good }],
    ['true', true],
  ])('%s instead of a list is remarked on', (_name, files) => {
    expect(attached(files)).toEqual({ files: [], remarks: 1 })
  })

  // A line for each took a minute to put together, and a page of a hundred thousand.
  test('of many operations are remarked on in a few lines', () => {
    const bad = Array.from({ length: 50 }, (_, index) => comment(`${index}`, { files: ['x'] }))
    expect(compile([{ commit: 1, ops: [create(), ...bad] }]).problems).toHaveLength(1)
    const packs = bad.map((operation, index) => ({ commit: index + 2, parents: [index + 1], ops: [operation] }))
    const { bug, problems } = compile([{ commit: 1, ops: [create()] }, ...packs])
    expect(bug?.comments).toHaveLength(51)
    expect(problems).toHaveLength(21)
    expect(problems.at(-1)?.reason).toMatch(/\b30\b/)
  })

  test('of an edit are remarked on too', () => {
    const first = create({ files: [good] })
    const { bug, problems } = compile([
      { commit: 1, ops: [first, write({ type: 6, target: first.id, message: 'm', files: ['x'] })] },
    ])
    expect([bug?.comments[0]?.files, problems.length]).toEqual([[], 1])
  })
})
