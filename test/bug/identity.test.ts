import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DecodeLimits, defaultDecodeLimits } from '../../src/base/limits.ts'
import { type CompiledIdentity, compileIdentity } from '../../src/bug/identity.ts'
import type { Identity } from '../../src/bug/model.ts'
import { commitOf, idOf } from './packs.ts'

interface VersionParts {
  readonly commit: number
  readonly parents?: readonly number[]
  /** Fields besides the format version; a string or bytes are the whole blob. */
  readonly blob: object | string | Buffer
}

function bytesOf(blob: VersionParts['blob']): Buffer {
  if (Buffer.isBuffer(blob)) return blob
  return Buffer.from(typeof blob === 'string' ? blob : JSON.stringify({ version: 2, ...blob }))
}

/** Compiles an identity from its versions, the first first; the last one is the tip. */
function compile(
  versions: readonly VersionParts[],
  parts: { id?: string; limits?: Partial<DecodeLimits> } = {},
): CompiledIdentity {
  const id = parts.id ?? hash('sha256', bytesOf(versions[0]?.blob ?? ''))
  const raw = versions.map(({ commit, parents = [], blob }) => ({
    commit: commitOf(commit),
    parents: parents.map(commitOf),
    version: bytesOf(blob),
  }))
  return compileIdentity(
    { id, tip: commitOf(versions.at(-1)?.commit ?? 0), versions: raw },
    { ...defaultDecodeLimits, ...parts.limits },
  )
}

function sound(...blobs: readonly VersionParts['blob'][]): Identity {
  const { identity, problems } = compile(
    blobs.map((blob, index) => ({ commit: index + 1, parents: index === 0 ? [] : [index], blob })),
  )
  if (!identity || problems.length > 0) throw new Error(`not sound: ${JSON.stringify(problems)}`)
  return identity
}

function refusal(versions: readonly VersionParts[], parts: Parameters<typeof compile>[1] = {}): string {
  const { identity, problems } = compile(versions, parts)
  if (identity || problems.length !== 1) throw new Error(`not refused once: ${JSON.stringify(problems)}`)
  return problems[0]!.reason
}

describe('a person', () => {
  const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----'
  const blob = {
    times: { 'bugs-create': 3, 'bugs-edit': 9 },
    unix_time: 1000,
    name: 'Ada',
    email: 'ada@example.org',
    login: 'ada',
    avatar_url: 'https://example.org/ada.png',
    pub_keys: [key, 'second'],
    nonce: 'bm9uY2U=',
    metadata: { 'x-id': '7' },
  }

  test('has what the version says', () => {
    expect(sound(blob)).toEqual({
      id: hash('sha256', bytesOf(blob)),
      tip: commitOf(1),
      name: 'Ada',
      email: 'ada@example.org',
      login: 'ada',
      avatarUrl: 'https://example.org/ada.png',
      displayName: 'Ada (ada)',
      versions: [
        {
          commit: commitOf(1),
          times: new Map([
            ['bugs-create', 3],
            ['bugs-edit', 9],
          ]),
          at: 1000,
          name: 'Ada',
          email: 'ada@example.org',
          login: 'ada',
          avatarUrl: 'https://example.org/ada.png',
          keys: [key, 'second'],
          metadata: new Map([['x-id', '7']]),
        },
      ],
    })
  })

  test('is what the last version says, and keeps the earlier ones in order', () => {
    const identity = sound({ name: 'A', email: 'a@example.org' }, { name: 'B' }, { login: 'c', pub_keys: [key] })
    expect(identity).toMatchObject({
      tip: commitOf(3),
      name: undefined,
      email: undefined,
      login: 'c',
      displayName: 'c',
    })
    expect(identity.versions.map(({ commit, name, keys }) => [commit, name, keys.length])).toEqual([
      [commitOf(1), 'A', 0],
      [commitOf(2), 'B', 0],
      [commitOf(3), undefined, 1],
    ])
  })

  test('is the same in whatever order the versions were read', () => {
    const versions = [1, 2, 3].map(commit => ({
      commit,
      parents: commit === 1 ? [] : [commit - 1],
      blob: { name: `v${commit}` },
    }))
    const [first, second, third] = versions
    const id = hash('sha256', bytesOf(first!.blob))
    expect(compile([second!, first!, third!], { id })).toEqual(compile(versions, { id }))
  })

  test.each<[string, object, string]>([
    ['name and login', { name: 'Ada', login: 'al' }, 'Ada (al)'],
    ['a name only', { name: 'Ada' }, 'Ada'],
    ['a login only', { login: 'al' }, 'al'],
    ['an empty name', { name: '', login: 'al' }, 'al'],
    ['an empty login', { name: 'Ada', login: '' }, 'Ada'],
    ['nulls', { name: null, login: 'al' }, 'al'],
  ])('is called by %s', (_what, fields, expected) => {
    expect(sound(fields).displayName).toBe(expected)
  })

  test('without any name is called by the short id', () => {
    const identity = sound({ email: 'a@example.org' })
    expect(identity.displayName).toBe(identity.id.slice(0, 7))
  })

  test('may have a name of lone surrogates and broken UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"version":2,"login":"a\\ud800","name":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ])
    expect(sound(bytes).displayName).toBe('\ufffd (a\ufffd)')
  })
})

describe('times', () => {
  const timesOf = (json: string) => sound(`{"version":2,"name":"a","times":${json}}`).versions[0]?.times

  test.each<[string, readonly (readonly [string, number | bigint])[]]>([
    ['null', []],
    ['{}', []],
    ['{"bugs-edit":0}', [['bugs-edit', 0]]],
    ['{"bugs-edit":9007199254740991}', [['bugs-edit', 2 ** 53 - 1]]],
    ['{"bugs-edit":9007199254740993}', [['bugs-edit', 9007199254740993n]]],
    [
      '{"a":1,"bugs-edit":18446744073709551615}',
      [
        ['a', 1],
        ['bugs-edit', 2n ** 64n - 1n],
      ],
    ],
    [
      '{"__proto__":9007199254740993,"constructor":5}',
      [
        ['__proto__', 9007199254740993n],
        ['constructor', 5],
      ],
    ],
  ])('%s are exact', (json, expected) => {
    expect([...timesOf(json)!]).toEqual(expected)
  })

  test('are those of the outermost "times" and no other', () => {
    const identity = sound(
      '{"version":2,"name":"a","metadata":{"times":"x"},"times":{"a":18446744073709551615},"z":{"times":{"a":1}}}',
    )
    expect(identity.versions[0]?.times.get('a')).toBe(2n ** 64n - 1n)
  })

  test.each([
    '18446744073709551616',
    '-1',
    '1.5',
    '1e400',
    'true',
    'null',
    '{}',
    '"x"',
    '""',
    '"5"',
    '[5]',
    '["5"]',
    '[]',
  ])('%s is none', value => {
    expect(refusal([{ commit: 1, blob: `{"version":2,"name":"a","times":{"bugs-edit":${value}}}` }])).toMatch(/"times"/)
  })

  test.each(['5', '"x"', '[]', 'true'])('%s are none', value => {
    expect(refusal([{ commit: 1, blob: `{"version":2,"name":"a","times":${value}}` }])).toMatch(/"times"/)
  })
})

describe('an identity is refused', () => {
  const blob = { name: 'Ada' }
  const first = { commit: 1, blob }

  test('where it has a merge', () => {
    const versions = [first, { commit: 2, parents: [1], blob }, { commit: 3, parents: [1, 2], blob }]
    expect(refusal(versions)).toMatch(/cannot have merges/)
  })

  test('where a merge lies further down', () => {
    const versions = [
      first,
      { commit: 2, parents: [1], blob },
      { commit: 3, parents: [1, 2], blob },
      { commit: 4, parents: [3], blob },
    ]
    expect(refusal(versions)).toMatch(/cannot have merges/)
  })

  test('where its versions run in a circle', () => {
    const versions = [1, 2].map(commit => ({ commit, parents: [3 - commit], blob }))
    expect(refusal(versions)).toMatch(/circle/)
  })

  test('where a version is missing', () => {
    expect(refusal([{ commit: 3, parents: [2], blob }])).toContain(commitOf(2))
  })

  test('where the ref has another id', () => {
    expect(refusal([first], { id: idOf('another') })).toMatch(/not named by the identity/)
  })

  test('where the ref has the id of a later version', () => {
    const later = { name: 'Later' }
    expect(refusal([first, { commit: 2, parents: [1], blob: later }], { id: hash('sha256', bytesOf(later)) })).toMatch(
      /not named/,
    )
  })

  test.each(['', 'foo', 'a'.repeat(40), 'A'.repeat(64)])('where the ref is called %j', id => {
    expect(refusal([first], { id })).toMatch(/not named by an id|outdated/)
  })

  test('where it has no versions', () => {
    expect(refusal([], { id: idOf('x') })).toMatch(/missing/)
  })

  test.each<[string, string, RegExp]>([
    ['format 1', '{"version":1,"name":"a"}', /format/],
    ['format 3', '{"version":3,"name":"a"}', /format/],
    ['a format that is a text', '{"version":"2","name":"a"}', /format/],
    ['no format', '{"name":"a"}', /format/],
    ['nothing', '', /not valid JSON/],
    ['half an object', '{"version":2,"name":', /not valid JSON/],
    ['half a text', '{"version":2,"name":"a', /string without an end/],
    ['a list', '[{"version":2}]', /no object/],
    ['null', 'null', /no object/],
    ['a byte order mark', '\ufeff{"version":2}', /not valid JSON/],
    ['a name that is a number', '{"version":2,"name":5}', /"name"/],
    ['an email that is a list', '{"version":2,"email":["a"]}', /"email"/],
    ['keys that are a text', '{"version":2,"pub_keys":"a"}', /"pub_keys"/],
    ['keys that are numbers', '{"version":2,"pub_keys":[1]}', /"pub_keys"/],
    ['a time that is a text', '{"version":2,"unix_time":"1"}', /"unix_time"/],
    ['a time beyond numbers', '{"version":2,"unix_time":1e400}', /"unix_time"/],
    ['metadata that is a list', '{"version":2,"metadata":[]}', /"metadata"/],
    ['100,000 levels', `{"version":2,"x":${'['.repeat(100_000)}`, /nested deeper/],
  ])('for %s', (_what, text, reason) => {
    expect(refusal([{ commit: 1, blob: text }])).toMatch(reason)
  })

  test('with the commit that is at fault', () => {
    const { problems } = compile([first, { commit: 2, parents: [1], blob: '{}' }, { commit: 3, parents: [2], blob }])
    expect(problems).toEqual([{ reason: expect.stringMatching(/format/) as string, commit: commitOf(2) }])
  })
})

describe('whatever the bytes', () => {
  test('an identity is read or refused, and nothing is thrown', () => {
    const blob = Buffer.from(
      '{"version":2,"times":{"bugs-edit":9007199254740993},"unix_time":5,"name":"a","pub_keys":["k"],"metadata":{"a":"b"}}',
    )
    const changes = fc.array(fc.tuple(fc.nat(blob.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(changes, list => {
        const bytes = Buffer.from(blob)
        for (const [place, byte] of list) bytes[place] = byte
        const { identity, problems } = compile([{ commit: 1, blob: bytes }])
        expect(problems).toHaveLength(identity === undefined ? 1 : 0)
      }),
      { numRuns: 2000 },
    )
  })

  test('any JSON in place of a field is read or refused', () => {
    const json = fc.jsonValue({ maxDepth: 3 })
    const fields = fc.record(
      { times: json, unix_time: json, name: json, pub_keys: json, metadata: json },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fields, blob => {
        expect(() => compile([{ commit: 1, blob }])).not.toThrow()
      }),
      { numRuns: 1000 },
    )
  })
})
