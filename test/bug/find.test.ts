import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isViewerError, ViewerError } from '../../src/base/errors.ts'
import { type Found, findBug, findByPrefix, findIdentity, findImported, onlyOne } from '../../src/bug/find.ts'
import { IdIndex } from '../../src/bug/id-index.ts'
import type { BugSummary, Tracker } from '../../src/bug/model.ts'
import { assembleTracker } from '../../src/cache/assemble.ts'
import { toBugRecord } from '../../src/cache/entity-record.ts'
import { create, soundBug, write } from './packs.ts'

const ids = ['abcd'.padEnd(64, '0'), 'abcd1'.padEnd(64, '0'), 'abcd12'.padEnd(64, '0'), 'f'.repeat(64)]

function table(names: readonly string[]): IdIndex<{ readonly id: string }> {
  return new IdIndex(names.toSorted().map(id => ({ id })))
}

function idsOf(found: Found<{ readonly id: string }>): readonly string[] {
  if (found === undefined) return []
  return 'one' in found ? [found.one.id] : found.several.map(({ id }) => id)
}

async function trackerOf(bugs: readonly BugSummary[]): Promise<Tracker> {
  const records = bugs.map(bug =>
    toBugRecord({ kind: 'bug', id: bug.id, tip: bug.tip }, { summary: bug, texts: [], files: [], problems: [] }),
  )
  return (await assembleTracker(records, { listingDigest: 'digest', broken: [], readAtMs: 0 })).tracker
}

function importedBug(metadata: Record<string, string>): BugSummary {
  const first = write({ type: 1, timestamp: 1, title: JSON.stringify(metadata), metadata })
  return soundBug([{ commit: 1, ops: [first] }])
}

describe('finding by prefix', () => {
  test.each<[string, readonly string[]]>([
    ['abcd', ids.slice(0, 3)],
    ['abcd1', ids.slice(1, 3)],
    ['abcd12', [ids[2]!]],
    ['ABCD12', [ids[2]!]],
    ['abcd13', []],
    ['ffff', [ids[3]!]],
    ['F'.repeat(64), [ids[3]!]],
    ['f'.repeat(65), []],
    ['fff', []],
    ['', []],
    ['abcd*', []],
    ['abcd\n', []],
    ['__proto__', []],
  ])('%j', (typed, expected) => {
    expect(idsOf(findByPrefix(table(ids), typed))).toEqual(expected)
  })

  test('a full id is found though others are like it but for the last digit', () => {
    const twins = [`${'a'.repeat(63)}1`, `${'a'.repeat(63)}2`]
    expect(findByPrefix(table(twins), twins[1]!)).toEqual({ one: { id: twins[1] } })
    expect(idsOf(findByPrefix(table(twins), 'a'.repeat(63)))).toEqual(twins)
  })

  test('a shorter prefix is found where the caller allows it', () => {
    expect(idsOf(findByPrefix(table(ids), 'f', 1))).toEqual([ids[3]])
  })

  test('finds exactly what begins so', () => {
    const hex = fc.array(fc.constantFrom(...'ab'), { minLength: 64, maxLength: 64 }).map(list => list.join(''))
    fc.assert(
      fc.property(
        fc.uniqueArray(hex, { maxLength: 20 }),
        hex,
        fc.integer({ min: 4, max: 63 }),
        (names, other, length) => {
          const prefix = other.slice(0, length)
          expect(idsOf(findByPrefix(table(names), prefix))).toEqual(
            names.filter(name => name.startsWith(prefix)).toSorted(),
          )
        },
      ),
    )
  })
})

describe('finding in a tracker', () => {
  const bug = soundBug([{ commit: 1, ops: [create()] }])

  test('a bug by the short form of its id', async () => {
    expect(idsOf(findBug(await trackerOf([bug]), bug.id.slice(0, 7)))).toEqual([bug.id])
  })

  test('no person among the bugs', async () => {
    expect(findIdentity(await trackerOf([bug]), bug.id.slice(0, 7))).toBeUndefined()
  })

  test('an imported bug by the number at the end of its URL', async () => {
    const seven = importedBug({ 'github-url': 'https://example.org/issues/7' })
    const seventeen = importedBug({ 'gitlab-url': 'https://example.org/issues/17', 'gitlab-id': '/7' })
    const tracker = await trackerOf([seven, seventeen, bug])
    expect(idsOf(findImported(tracker, '7'))).toEqual([seven.id])
    expect(idsOf(findImported(tracker, '17'))).toEqual([seventeen.id])
    expect(['8', '07', '', '7 ', '/7', '-7', '1'.repeat(13)].map(text => findImported(tracker, text))).toEqual(
      Array.from({ length: 7 }, () => undefined),
    )
  })

  test('several where two trackers were imported', async () => {
    const bugs = ['a', 'b'].map(host => importedBug({ 'x-url': `https://${host}.example.org/7` }))
    expect(idsOf(findImported(await trackerOf(bugs), '7')).toSorted()).toEqual(bugs.map(({ id }) => id).toSorted())
  })
})

describe('the one thing that is meant', () => {
  const missing = () => new ViewerError('BUG_UNKNOWN', 'no such bug')
  const caught = (found: Found<{ id: string }>) => {
    try {
      return onlyOne(found, missing)
    } catch (error) {
      return isViewerError(error) ? { code: error.code, ...error.data } : error
    }
  }

  test('is it', () => expect(caught({ one: { id: 'a' } })).toEqual({ id: 'a' }))
  test('is missing', () => expect(caught(undefined)).toEqual({ code: 'BUG_UNKNOWN' }))
  test('is one of several', () =>
    expect(caught({ several: [{ id: 'a' }, { id: 'b' }] })).toEqual({ code: 'AMBIGUOUS_PREFIX', matches: ['a', 'b'] }))
})
