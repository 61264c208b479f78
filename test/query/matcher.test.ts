import { describe, expect, test } from 'vitest'
import { textTerms } from '../../src/query/text-test.ts'
import { createBug, createIdentity, createSource, find, parseGood } from './bugs.ts'

const [alice, bob, zoe, ghost] = ['a1', 'b0', 'ce', 'd0'].map(digits => digits.repeat(32)) as [
  string,
  string,
  string,
  string,
]
const identities = [
  createIdentity({ id: alice, name: 'Alice Liddell', login: 'alice' }),
  createIdentity({ id: bob, name: undefined, login: 'BobB' }),
  createIdentity({ id: zoe, name: 'Zoë', login: undefined }),
]

function seconds(iso: string): number {
  return Date.parse(iso) / 1000
}

/** Told apart by the first digit of their ids; newest first, as a tracker has them. */
const bugs = [
  createBug({
    id: '1f'.padEnd(64, '0'),
    status: 'closed',
    title: 'Crash on Windows',
    labels: ['Bug', 'help wanted'],
    authorId: alice,
    actorIds: [alice, bob],
    participantIds: [alice],
    createdAt: seconds('2025-12-31T23:59:59Z'),
    editedAt: seconds('2026-11-03T12:00:00Z'),
    createLamport: 9,
    commentCount: 3,
    metadata: new Map([
      ['origin', 'github'],
      ['github-url', 'https://x/7'],
    ]),
  }),
  createBug({
    id: '2a'.padEnd(64, '0'),
    title: 'MURÉ: the web UI is slow',
    labels: ['bug', 'kind/feature'],
    authorId: bob,
    actorIds: [bob, zoe],
    participantIds: [bob, zoe],
    createdAt: seconds('2026-01-01T00:00:00Z'),
    editedAt: seconds('2026-11-30T23:59:59Z'),
    createLamport: 8,
    commentCount: 5,
    metadata: new Map([['origin', 'gitlab']]),
  }),
  createBug({
    id: '3a'.padEnd(64, '0'),
    title: 'Linux',
    authorId: ghost,
    actorIds: [ghost],
    participantIds: [ghost],
    createdAt: seconds('2026-11-03T00:00:00Z'),
    editedAt: seconds('2026-12-01T00:00:00Z'),
    createLamport: 7,
    commentCount: 7,
  }),
]
const texts = {
  [bugs[0]!.id]: 'Crash on Windows\nIt crashes in the Café, "always".\nNo more',
  [bugs[1]!.id]: 'MURÉ: the web UI is slow\nwindows are slow too',
}
const source = createSource(bugs, { identities, texts })

/** First digits of what a query finds. */
function found(text: string): string {
  return find(text, source)
    .map(id => id[0])
    .join('')
}

describe('a bug is found', () => {
  test.each([
    ['', '123'],
    ['status:open', '23'],
    ['status:closed', '1'],
    ['status:open status:closed', '123'],
    ['-status:open', '1'],
    ['status:open -status:open', ''],
  ])('by its status: %s', (text, digits) => {
    expect(found(text)).toBe(digits)
  })

  test.each([
    ['label:bug', '2'],
    ['label:Bug', '1'],
    ['label:"help wanted"', '1'],
    ['label:help', ''],
    ['label:bug label:kind/feature', '2'],
    ['label:bug label:Bug', ''],
    ['-label:bug', '13'],
    ['-label:bug -label:Bug', '3'],
    ['no:label', '3'],
    ['-no:label', '12'],
    ['no:label no:label', '3'],
    ['label:bug no:label', ''],
  ])('by its labels, exactly: %s', (text, digits) => {
    expect(found(text)).toBe(digits)
  })

  test.each([
    ['title:crash', '1'],
    ['title:WEB title:ui', '2'],
    ['title:web title:crash', ''],
    ['title:muré', '2'],
    ['title:mure', ''],
    ['-title:web', '13'],
  ])('by its title, accents count: %s', (text, digits) => {
    expect(found(text)).toBe(digits)
  })

  test.each([
    ['author:ALICE', '1'],
    ['author:liddell', '1'],
    ['author:"ice lid"', '1'],
    ['author:bobb', '2'],
    ['author:alice author:bob', '12'],
    ['-author:alice -author:bob', '3'],
    ['author:a1a1', '1'],
    ['author:A1', '1'],
    ['author:1a', ''],
    ['actor:bob', '12'],
    ['actor:ZOË', '2'],
    ['actor:zoe', ''],
    ['participant:bob', '2'],
    ['participant:alice participant:zoë', '12'],
    ['-participant:zoë actor:bob', '1'],
    ['author:bob actor:alice', ''],
    ['author:nobody', ''],
    ['involves:BOB', '12'],
    ['involves:liddell', '1'],
    ['involves:alice involves:zoë', '12'],
    ['involves:alice actor:zoë', ''],
    ['-involves:bob', '3'],
    ['-involves:alice -involves:d0', '2'],
    ['involves:nobody', ''],
  ])('by its people: %s', (text, digits) => {
    expect(found(text)).toBe(digits)
  })

  test('by a person of whom there is no identity, by the id alone', () => {
    expect(found('author:d0')).toBe('3')
    expect(found('actor:D0d0 participant:d0d')).toBe('3')
    expect(found('author:"a title"')).toBe('')
  })

  test('by whoever opened it, commented on it or changed it, each of them alone', () => {
    const roles = createSource([
      createBug({ id: '1', authorId: alice }),
      createBug({ id: '2', participantIds: [bob, alice] }),
      createBug({ id: '3', actorIds: [bob, alice] }),
      createBug({ id: '4', authorId: bob, participantIds: [bob], actorIds: [bob] }),
    ])
    expect(find('involves:a1a1a', roles).sort()).toEqual(['1', '2', '3'])
    expect(find('-involves:a1a1a', roles)).toEqual(['4'])
  })

  test.each([
    ['metadata:origin:github', '1'],
    ['metadata:origin:git', ''],
    ['metadata:origin:github metadata:origin:gitlab', '12'],
    ['metadata:"github-url":"https://x/7"', '1'],
    ['-metadata:origin:github', '23'],
    ['metadata:__proto__:x', ''],
  ])('by its metadata: %s', (text, digits) => {
    expect(found(text)).toBe(digits)
  })

  test.each([
    ['id:1', '1'],
    ['id:2A', '2'],
    ['id:1f id:3a', '13'],
    ['id:f', ''],
    ['-id:1', '23'],
  ])('by the start of its id: %s', (text, digits) => {
    expect(found(text)).toBe(digits)
  })

  test.each([
    ['created:2025', '1'],
    ['created:2026', '23'],
    ['created:2026-11', '3'],
    ['created:2026-11-03', '3'],
    ['created:2025..2026-01', '12'],
    ['created:2026-01-01..', '23'],
    ['created:..2025', '1'],
    ['created:>2025', '23'],
    ['created:>2026-01-01', '3'],
    ['created:>=2026-01-01', '23'],
    ['created:<2026', '1'],
    ['created:<=2026-01-01', '12'],
    ['-created:2026', '1'],
    ['created:>=2026 created:<2026-02', '2'],
    ['updated:2026-11', '12'],
    ['updated:<2026-11-30', '1'],
    ['created:2026 updated:2026-11', '2'],
  ])('by its dates, in UTC: %s', (text, digits) => {
    expect(found(text)).toBe(digits)
  })

  test.each([
    ['comments:5', '2'],
    ['comments:>3', '23'],
    ['comments:>=3', '123'],
    ['comments:<5', '1'],
    ['comments:<=5', '12'],
    ['comments:5..7', '23'],
    ['comments:6..', '3'],
    ['-comments:5', '13'],
    ['comments:>3 comments:<7', '2'],
  ])('by its number of comments, the description among them: %s', (text, digits) => {
    expect(found(text)).toBe(digits)
  })

  test.each([
    ['windows', '12'],
    ['WINDOWS crash', '1'],
    ['indow', '12'],
    ['cafe', '1'],
    ['CAFÉ', '1'],
    ['mure', '2'],
    ['"web ui"', '2'],
    ['"ui web"', ''],
    [`'"always"'`, '1'],
    ['windows -crash', '2'],
    ['-windows', '3'],
    ['-windows -linux', ''],
    ['in:title windows', '1'],
    ['windows in:title -slow', '1'],
    ['in:title mure', '2'],
    ['in:title', '123'],
    ['in:title title:web', '2'],
  ])('by terms in title and comments, neither case nor accents count: %s', (text, digits) => {
    expect(found(text)).toBe(digits)
  })

  test('whatever a term says of which folding leaves nothing', () => {
    expect(found('\u0301')).toBe('123')
    expect(found('-\u0301 crash')).toBe('1')
  })

  test('only where filters of every kind agree', () => {
    expect(found('status:open label:bug author:bob title:web comments:5 id:2 metadata:origin:gitlab slow')).toBe('2')
    expect(found('status:open label:bug author:alice')).toBe('')
  })
})

describe('the terms that texts are asked for', () => {
  test.each<[string, readonly [string, boolean][]]>([
    ['', []],
    ['title:web label:bug', []],
    [
      'status:open Café -SLOW web',
      [
        ['cafe', false],
        ['web', false],
        ['slow', true],
      ],
    ],
    [
      'a -a A á',
      [
        ['a', false],
        ['a', true],
      ],
    ],
    ['web ui in:title -slow', []],
    ['\u0301 -\u0301', []],
  ])('are folded, each once, and none where titles answer: %s', (text, terms) => {
    expect(textTerms(parseGood(text)).map(({ term, negated }) => [term, negated])).toEqual(terms)
  })

  test('are all that a query asks of texts, and each is asked for once however many bugs there are', () => {
    const asked: string[] = []
    const textMatches = (term: string) => {
      asked.push(term)
      return source.textMatches(term)
    }
    const text = 'WINDOWS -crash status:open'
    expect(find(text, { ...source, textMatches })).toEqual([bugs[1]!.id])
    expect(asked).toEqual(textTerms(parseGood(text)).map(({ term }) => term))
  })
})

test('a phrase in a title is its words one after the other, the last one as a beginning, whatever is between them', () => {
  const titles = [
    'The kiln: relays click',
    'the kilns relay',
    'relay kiln',
    'kiln\u00a0—\u00a0Relay',
    'kiln or relay',
    '温度 計',
  ]
  const some = createSource(titles.map((title, n) => createBug({ id: String(n), title })))
  expect(find('in:title "kiln rel"', some).sort()).toEqual(['0', '3'])
  expect(find('in:title "温 度計"', some)).toEqual(['5'])
  expect(find('in:title -"kiln rel" relay', some).sort()).toEqual(['1', '2', '4'])
})

test('each person is looked at once for a query, however many bugs and values it has', () => {
  const people = Array.from({ length: 200 }, (_, n) =>
    createIdentity({ id: `${n}`.padStart(64, 'f'), name: `Person ${n}` }),
  )
  const many = Array.from({ length: 1000 }, (_, n) =>
    createBug({
      id: `${n}`.padStart(64, '0'),
      participantIds: [0, 1, 2].map(k => people[(7 * n + k) % people.length]!.id),
    }),
  )
  let looks = 0
  class CountingMap<K, V> extends Map<K, V> {
    override get(key: K) {
      looks++
      return super.get(key)
    }
  }
  const identities = new CountingMap(people.map(person => [person.id, person]))
  const bomb = Array.from({ length: 180 }, (_, n) => `-participant:zq${n}`).join(' ')
  expect(find(bomb, { ...createSource(many), identities })).toHaveLength(1000)
  expect(looks).toBe(people.length)
  // 12, 120 to 129 and 199: 18 of 200 beginnings, each of which five bugs have.
  expect(find('participant:"Person 12" participant:"person 199"', { ...createSource(many), identities }).length).toBe(
    90,
  )
})
