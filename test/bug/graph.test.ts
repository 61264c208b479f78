import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Lamport } from '../../src/bug/model.ts'
import { processorMs } from '../support/processor-time.ts'
import { ada, bob, comment, commitOf, compile, create, opsBlob, type PackParts, refusal, soundBug } from './packs.ts'

const root: PackParts = { commit: 1, ops: [create()] }
const note = (commit: number, parents: readonly number[], parts: Partial<PackParts> = {}): PackParts => ({
  commit,
  parents,
  ops: [comment(`note ${commit}`)],
  ...parts,
})
const merge = (commit: number, parents: readonly number[], parts: Partial<PackParts> = {}): PackParts => ({
  commit,
  parents,
  ops: null,
  ...parts,
})

/** Comments in the order of the data, without the description. */
function notes(packs: readonly PackParts[]): string[] {
  return soundBug(packs)
    .comments.slice(1)
    .map(({ message }) => message)
}

describe('clocks', () => {
  const maximum = 2n ** 64n - 1n
  const exact = 2 ** 53

  test.each<[string, Lamport, Lamport]>([
    ['one greater', 5, 6],
    ['a million greater', 5, 1_000_005],
    ['from numbers into bigints', exact - 1, BigInt(exact)],
    ['a million from numbers into bigints', exact - 1, BigInt(exact) + 999_999n],
    ['among bigints', 2n ** 63n, 2n ** 63n + 1n],
    ['a million among bigints', 2n ** 63n, 2n ** 63n + 1_000_000n],
    ['to the last of all', maximum - 1n, maximum],
  ])('%s is fine', (_name, parent, child) => {
    expect(soundBug([{ ...root, edit: parent }, note(2, [1], { edit: child })]).editLamport).toBe(child)
  })

  test.each<[string, Lamport, Lamport]>([
    ['equal', 5, 5],
    ['less', 5, 4],
    ['equal among bigints', maximum, maximum],
    ['less by one among bigints', 2n ** 63n, 2n ** 63n - 1n],
    ['less from bigints into numbers', BigInt(exact), exact - 1],
  ])('%s than its parent’s is refused', (_name, parent, child) => {
    expect(refusal([{ ...root, edit: parent }, note(2, [1], { edit: child })])).toMatch(/not greater than its parent/)
  })

  test.each<[string, Lamport, Lamport]>([
    ['1,000,001', 5, 1_000_006],
    ['1,000,001 from numbers into bigints', exact - 1, BigInt(exact) + 1_000_000n],
    ['1,000,001 among bigints', 2n ** 63n, 2n ** 63n + 1_000_001n],
    ['to the last of all', 1, maximum],
  ])('a jump of %s is refused', (_name, parent, child) => {
    expect(refusal([{ ...root, edit: parent }, note(2, [1], { edit: child })])).toMatch(/too far ahead/)
  })

  test('a merge may jump as far as it likes', () => {
    const packs = [root, note(2, [1]), note(3, [1], { edit: 4 }), merge(4, [2, 3], { edit: 5_000_000 })]
    expect(soundBug(packs).editLamport).toBe(5_000_000)
  })

  test('a merge’s clock is greater than each parent’s', () => {
    const fork = [root, note(2, [1], { edit: 5 }), note(3, [1], { edit: 9 })]
    for (const edit of [4, 5, 8, 9]) {
      expect(refusal([...fork, merge(4, [2, 3], { edit })])).toMatch(/not greater than its parent/)
      expect(refusal([...fork, merge(4, [3, 2], { edit })])).toMatch(/not greater than its parent/)
    }
    expect(soundBug([...fork, merge(4, [2, 3], { edit: 10 })]).editLamport).toBe(10)
  })

  test('the first clock may be any but 0', () => {
    expect(soundBug([{ ...root, edit: maximum }]).editLamport).toBe(maximum)
    expect(refusal([{ ...root, edit: 0 }])).toMatch(/edit clock/)
  })

  test('the bug’s times are the greatest of its packs', () => {
    const bug = soundBug([{ ...root, create: 7, edit: 3 }, note(2, [1], { edit: 2n ** 60n - 1n })].slice(0, 1))
    expect([bug.createLamport, bug.editLamport]).toEqual([7, 3])
    const later = soundBug([
      { ...root, create: 7, edit: 3 },
      note(2, [1], { edit: 8, create: 9 }),
      note(3, [2], { edit: 12 }),
    ])
    expect([later.createLamport, later.editLamport]).toEqual([9, 12])
  })
})

describe('the root', () => {
  test('is one', () => {
    expect(refusal([root, note(2, [], { edit: 2 }), merge(3, [1, 2])])).toMatch(/more than one commit without parents/)
  })

  test('is there', () => {
    expect(refusal([note(2, [1])], { id: create().id })).toMatch(/no commit without parents/)
    expect(refusal([], { id: create().id })).toMatch(/no commit without parents/)
  })

  test.each(['version-4,edit-clock-1,ops', 'version-4,edit-clock-1,create-clock-0,ops'])(
    'has a creation clock: %s',
    names => {
      expect(refusal([{ ...root, entries: names.split(',') }])).toMatch(/creation clock/)
    },
  )

  test('its clock is what counts, not another pack’s', () => {
    const packs = [{ ...root, entries: ['version-4', 'edit-clock-1', 'ops'] }, note(2, [1], { create: 5 })]
    expect(refusal(packs)).toMatch(/creation clock/)
  })
})

describe('the graph', () => {
  test('a parent that was not read is told', () => {
    expect(refusal([root, note(3, [2])])).toContain(commitOf(2))
  })

  test('packs that name each other as parents are refused', () => {
    expect(refusal([root, note(2, [3]), note(3, [2])])).toMatch(/not greater than its parent/)
    expect(refusal([root, note(2, [2])])).toMatch(/not greater than its parent/)
  })

  test('a merge with operations is refused', () => {
    expect(refusal([root, note(2, [1]), note(3, [1]), note(4, [2, 3])])).toMatch(/merge carries operations/)
  })

  test('a merge with an empty list is as good as one with null', () => {
    expect(notes([root, note(2, [1]), note(3, [1]), merge(4, [2, 3], { ops: [] })])).toEqual(['note 2', 'note 3'])
  })

  test('a commit without operations need not be a merge', () => {
    expect(notes([root, merge(2, [1]), note(3, [2])])).toEqual(['note 3'])
  })

  test('a merge of more than two is read', () => {
    expect(notes([root, note(2, [1]), note(3, [1]), note(4, [1]), merge(5, [2, 3, 4])])).toEqual([
      'note 2',
      'note 3',
      'note 4',
    ])
  })

  test('a parent that is named twice makes a merge', () => {
    expect(soundBug([root, merge(2, [1, 1], { edit: 9_000_000 })]).editLamport).toBe(9_000_000)
    expect(refusal([root, note(2, [1, 1])])).toMatch(/merge carries operations/)
  })
})

describe('the order of packs', () => {
  test('is that of the clocks, wherever they stand in the graph', () => {
    const packs = [
      root,
      note(2, [1], { edit: 10 }),
      note(3, [2], { edit: 11 }),
      note(4, [1], { edit: 4 }),
      note(5, [4], { edit: 20 }),
      merge(6, [3, 5], { edit: 21 }),
    ]
    expect(notes(packs)).toEqual(['note 4', 'note 2', 'note 3', 'note 5'])
  })

  test('is that of the pack ids where clocks are equal', () => {
    const twins = [note(2, [1], { edit: 5 }), note(3, [1], { edit: 5, author: bob }), note(4, [1], { edit: 5 })]
    const expected = twins
      .map(pack => ({ id: hash('sha256', opsBlob(pack.author ?? ada, pack.ops!)), message: `note ${pack.commit}` }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ message }) => message)
    expect(notes([root, ...twins, merge(5, [2, 3, 4], { edit: 6 })])).toEqual(expected)
  })

  test('mixes numbers and bigints', () => {
    const low = Number.MAX_SAFE_INTEGER
    const packs = [
      { ...root, edit: low - 1 },
      note(2, [1], { edit: BigInt(low) + 2n }),
      note(3, [1], { edit: low }),
      note(4, [1], { edit: BigInt(low) + 1n }),
      merge(5, [2, 3, 4], { edit: BigInt(low) + 9n }),
    ]
    expect(notes(packs)).toEqual(['note 3', 'note 4', 'note 2'])
  })

  test('does not depend on the order in which the packs were read', () => {
    const clock = fc.integer({ min: 2, max: 6 })
    fc.assert(
      fc.property(fc.array(clock, { minLength: 2, maxLength: 8 }), fc.infiniteStream(fc.nat()), (clocks, keys) => {
        const leaves = clocks.map((edit, index) => note(index + 2, [1], { edit }))
        const packs = [
          root,
          ...leaves,
          merge(
            100,
            leaves.map(({ commit }) => commit),
            { edit: 50 },
          ),
        ]
        const shuffled = packs
          .map(pack => ({ pack, key: keys.next().value }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ pack }) => pack)
        const id = create().id
        const { tip: _tip, ...bug } = compile(packs, { id }).bug!
        expect(compile(shuffled, { id }).bug).toMatchObject({ ...bug, packs: bug.packs })
        expect(bug.packs.map(({ editLamport }) => editLamport)).toEqual([1, ...clocks.toSorted((a, b) => a - b), 50])
      }),
    )
  })

  test('equal clocks of many large packs cost one hash of each', () => {
    const leaves = Array.from({ length: 512 }, (_, index) => {
      // In no order that sorting would find done.
      return note(((index * 97) % 512) + 2, [1], { edit: 2, ops: [comment(`${index}`.padEnd(500_000))] })
    })
    const packs = [
      root,
      ...leaves,
      merge(
        1000,
        leaves.map(({ commit }) => commit),
        { edit: 3 },
      ),
    ]
    const [apart, equal] = [packs.map((pack, index) => ({ ...pack, edit: index + 1 })), packs].map(list => {
      return processorMs(() => expect(soundBug(list).commentCount).toBe(513))
    })
    expect(equal).toBeLessThan(2 * apart! + 1000)
  })
})
