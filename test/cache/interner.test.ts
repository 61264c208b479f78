import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EntityRecord, IndexedBug } from '../../src/cache/entity-record.ts'
import { createInterner, type Interner } from '../../src/cache/interner.ts'
import { unnumber } from './tracker-scene.ts'

type Parts = Partial<
  Pick<IndexedBug, 'labels' | 'authorId' | 'actorIds' | 'participantIds' | 'files' | 'statusChanges'> & {
    readonly metadata: ReadonlyMap<string, string>
  }
>

function bugRecord(parts: Parts): EntityRecord {
  const bug: IndexedBug = {
    id: 'a'.repeat(64),
    tip: 'b'.repeat(40),
    textNumber: -1,
    status: 'open',
    title: 'title',
    labels: [],
    authorId: '',
    createdAt: 1,
    editedAt: 2,
    createLamport: 1,
    editLamport: 2n ** 63n,
    commentCount: 1,
    actorIds: [],
    participantIds: [],
    metadata: new Map(),
    files: [],
    statusChanges: [],
    ...parts,
  }
  return { kind: 'bug', id: bug.id, tip: bug.tip, bug, problems: [] }
}

function bugOf(record: EntityRecord): IndexedBug {
  expect(record.kind).toBe('bug')
  return (record as Extract<EntityRecord, { kind: 'bug' }>).bug!
}

const intern = (interner: Interner, parts: Parts) => bugOf(interner.record(bugRecord(parts)))

describe('an interner', () => {
  test('changes nothing of what a record says, whatever the texts hold', () => {
    const texts = fc.array(fc.oneof(fc.string({ unit: fc.constantFrom('a', '\n', '\0', 'é') }), fc.string()), {
      maxLength: 12,
    })
    const parts = fc.record({
      labels: texts,
      authorId: fc.string(),
      actorIds: texts,
      participantIds: texts,
      files: texts,
      statusChanges: fc.array(fc.integer(), { maxLength: 3 }),
      metadata: fc.array(fc.tuple(fc.string(), fc.string())).map(pairs => new Map(pairs)),
    })
    fc.assert(
      fc.property(fc.array(parts, { minLength: 1, maxLength: 20 }), all => {
        const interner = createInterner()
        for (const one of all) {
          const record = bugRecord(one)
          expect(unnumber(interner.record(record))).toEqual(record)
        }
      }),
    )
  })

  test('gives each bug a number of its own, also one that comes again', () => {
    const interner = createInterner()
    const record = bugRecord({})
    expect([record, record, bugRecord({})].map(one => bugOf(interner.record(one)).textNumber)).toEqual([0, 1, 2])
  })

  test('keeps one list for all who have the same', () => {
    const interner = createInterner()
    const [one, two] = [0, 1].map(() => intern(interner, { labels: ['x', 'y'], actorIds: ['x', 'y'] }))
    expect(one!.labels).toBe(two!.labels)
    expect(one!.actorIds).toBe(one!.labels)
  })

  test('keeps one empty list and one empty map, also between repositories', () => {
    const [one, two] = [0, 1].map(() => intern(createInterner(), {}))
    expect(one!.labels).toBe(two!.labels)
    expect(one!.metadata).toBe(two!.metadata)
    expect(one!.statusChanges).toBe(two!.statusChanges)
  })

  test('does not take two lists for one where a text holds what joins them', () => {
    const interner = createInterner()
    expect(intern(interner, { labels: ['a\nb'] }).labels).toEqual(['a\nb'])
    expect(intern(interner, { labels: ['a', 'b'] }).labels).toEqual(['a', 'b'])
    expect(intern(interner, { labels: ['a\nb'] }).labels).toEqual(['a\nb'])
  })

  test('hands people and what could not be read on as they are', () => {
    const interner = createInterner()
    const unread: EntityRecord = { kind: 'bug', id: 'x', tip: 'y', bug: undefined, problems: [{ reason: 'r' }] }
    const person: EntityRecord = { kind: 'identity', id: 'x', tip: 'y', identity: undefined, problems: [] }
    expect([interner.record(unread), interner.record(person)]).toEqual([unread, person])
  })

  test('still tells everything right beyond what it is willing to keep', () => {
    const interner = createInterner()
    for (let n = 0; n < 100_010; n++) intern(interner, { authorId: `person ${n}` })
    expect(intern(interner, { authorId: 'one more', labels: ['l'] })).toMatchObject({
      authorId: 'one more',
      labels: ['l'],
    })
  })
})
