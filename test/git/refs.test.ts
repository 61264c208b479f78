import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { openGit } from '../../src/git/git.ts'
import { diffListings, parseRefs, type Ref } from '../../src/git/refs.ts'
import { buildRepository, runGit, writeLooseRef } from '../support/tracker-builder.ts'

const sha1 = fc.string({ unit: fc.constantFrom('0', 'a', 'f'), minLength: 40, maxLength: 40 })
const sha256 = fc.string({ unit: fc.constantFrom('0', 'a', 'f'), minLength: 64, maxLength: 64 })

/** Names of which many are the start of another, and some hold bytes above ASCII. */
const name = fc
  .tuple(
    fc.constantFrom('refs/bugs/', 'refs/identities/'),
    fc.string({ unit: fc.constantFrom('a', 'b', '/', '-', 'é', '🐛'), minLength: 1, maxLength: 8 }),
  )
  .map(([prefix, rest]) => prefix + rest)

function byName(a: Ref, b: Ref): number {
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))
}

function listingOf(refs: readonly Ref[]): Buffer {
  return Buffer.from(refs.map(ref => `${ref.hash} ${ref.name}\n`).join(''))
}

function linesOf(listing: Buffer): string[] {
  return listing.toString().split('\n').slice(0, -1)
}

/** What one listing becomes by its edits, line by line. */
function applyEdits(before: Buffer, edits: ReturnType<typeof diffListings>): string[] {
  const lines = linesOf(before)
  const result: string[] = []
  let next = 0
  for (const { at, removed, added } of edits) {
    expect(at).toBeGreaterThanOrEqual(next)
    result.push(...lines.slice(next, at), ...added.map(ref => `${ref.hash} ${ref.name}`))
    next = at + removed
    expect(next).toBeLessThanOrEqual(lines.length)
  }
  return [...result, ...lines.slice(next)]
}

/** Two sorted listings of one hash format that have much in common. */
const twoListings = fc
  .constantFrom(sha1, sha256)
  .chain(hash =>
    fc.uniqueArray(
      fc.record({ name, before: fc.option(hash), after: fc.oneof(fc.constant('same' as const), fc.option(hash)) }),
      { selector: ref => ref.name, maxLength: 60 },
    ),
  )
  .map(all => {
    const of = (choose: (one: (typeof all)[number]) => string | null) =>
      listingOf(all.flatMap(one => (choose(one) === null ? [] : { name: one.name, hash: choose(one)! })).sort(byName))
    return {
      before: of(one => one.before),
      after: of(one => (one.after === 'same' ? one.before : one.after)),
    }
  })

describe('the edits between two listings', () => {
  test('applied to the lines of the first give those of the second', () => {
    fc.assert(
      fc.property(twoListings, ({ before, after }) => {
        expect(applyEdits(before, diffListings(before, after))).toEqual(linesOf(after))
      }),
      { numRuns: 500 },
    )
  })

  test('touch no line that is in both', () => {
    fc.assert(
      fc.property(twoListings, ({ before, after }) => {
        const edits = diffListings(before, after)
        const was = linesOf(before)
        const removed = edits.flatMap(({ at, removed: count }) => was.slice(at, at + count))
        const added = edits.flatMap(edit => edit.added.map(ref => `${ref.hash} ${ref.name}`))
        expect(removed).toEqual(was.filter(line => !linesOf(after).includes(line)))
        expect(added).toEqual(linesOf(after).filter(line => !was.includes(line)))
      }),
      { numRuns: 500 },
    )
  })

  test('are none between equal listings', () => {
    fc.assert(
      fc.property(twoListings, ({ before }) => {
        expect(diffListings(before, Buffer.from(before))).toEqual([])
      }),
    )
  })

  test('of a listing far longer than a block of bytes are found at its start, in its middle and at its end', () => {
    const refs = Array.from({ length: 20_000 }, (_, index) => ({
      name: `refs/bugs/${String(index).padStart(64, '0')}`,
      hash: 'a'.repeat(40),
    }))
    for (const places of [[0], [10_000], [19_999], [0, 1, 2, 9_999, 19_998, 19_999]]) {
      const moved = refs.map((ref, index) => (places.includes(index) ? { ...ref, hash: 'b'.repeat(40) } : ref))
      expect(diffListings(listingOf(refs), listingOf(moved))).toEqual(
        places.map(at => ({ at, removed: 1, added: [moved[at]] })),
      )
      const without = refs.filter((_, index) => !places.includes(index))
      expect(diffListings(listingOf(refs), listingOf(without))).toEqual(
        places.map(at => ({ at, removed: 1, added: [] })),
      )
      expect(applyEdits(listingOf(without), diffListings(listingOf(without), listingOf(refs)))).toEqual(
        linesOf(listingOf(refs)),
      )
    }
  })

  test('from nothing and to nothing are all lines', () => {
    const refs = ['a', 'ab', 'b'].map(last => ({ name: `refs/bugs/${last}`, hash: 'c'.repeat(64) }))
    const listing = listingOf(refs)
    const nothing = Buffer.alloc(0)
    expect(diffListings(nothing, listing)).toEqual(refs.map(ref => ({ at: 0, removed: 0, added: [ref] })))
    expect(diffListings(listing, nothing)).toEqual([0, 1, 2].map(at => ({ at, removed: 1, added: [] })))
    expect(diffListings(nothing, nothing)).toEqual([])
  })

  test('of a listing that breaks off in a line are none: that is not what git prints', () => {
    const whole = listingOf(['a', 'b'].map(last => ({ name: `refs/bugs/${last}`, hash: 'c'.repeat(40) })))
    for (let length = 1; length < whole.length; length++) {
      const cut = whole.subarray(0, length)
      const isBetweenLines = cut.at(-1) === 0x0a
      const outcome = attempt(() => diffListings(whole, cut))
      expect(outcome).toEqual(isBetweenLines ? { value: [{ at: 1, removed: 1, added: [] }] } : { code: 'GIT_PROTOCOL' })
    }
  })
})

function attempt<T>(run: () => T): { readonly value: T } | { readonly code: unknown } {
  try {
    return { value: run() }
  } catch (error) {
    return { code: (error as { code?: unknown }).code }
  }
}

describe('a listing', () => {
  test('taken apart is the refs that it was made of', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name, hash: fc.oneof(sha1, sha256) })), refs => {
        expect(parseRefs(listingOf(refs))).toEqual(refs)
      }),
    )
  })

  test.each([
    ['that breaks off', `${'a'.repeat(40)} refs/bugs/a`],
    ['of a hash that is too short', `${'a'.repeat(39)} refs/bugs/a\n`],
    ['of a hash in upper case', `${'A'.repeat(40)} refs/bugs/a\n`],
    ['without a hash', 'refs/bugs/a\n'],
    ['of nothing', '\n'],
    ['of a warning', 'warning: ignoring broken ref refs/bugs/a\n'],
  ])('with a line %s is not what git prints', (_what, line) => {
    const sound = `${'a'.repeat(40)} refs/bugs/0\n`
    expect(() => parseRefs(Buffer.from(sound + line))).toThrow(expect.objectContaining({ code: 'GIT_PROTOCOL' }))
    expect(attempt(() => diffListings(Buffer.from(sound), Buffer.from(sound + line)))).toEqual({
      code: 'GIT_PROTOCOL',
    })
  })

  test.each(['sha1', 'sha256'] as const)(
    'of a repository in %s has its refs, and equal digests for equal refs',
    async format => {
      const t = createTrackerWriter({ seed: 'listing', objectFormat: format })
      const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
      const bugs = [1, 2, 3].map(n => t.bug(ada, { title: `Bug ${n}`, message: '', at: 1_700_000_000 + n }))
      await using built = await buildRepository(t)
      await runGit(built.path, ['update-ref', 'refs/heads/main', bugs[0]!.tip])
      const git = await openGit()
      const list = () => git.listRefs(built.path, { prefixes: ['refs/bugs', 'refs/identities'] })
      const first = await list()
      const expected = [ada, ...bugs].map(({ ref, tip }) => ({ name: ref, hash: tip })).sort(byName)
      expect(parseRefs(first.bytes)).toEqual(expected)
      await runGit(built.path, ['pack-refs', '--all'])
      expect((await list()).digest).toBe(first.digest)
      await runGit(built.path, ['update-ref', '-d', bugs[1]!.ref])
      const second = await list()
      expect(second.digest).not.toBe(first.digest)
      const at = expected.findIndex(ref => ref.name === bugs[1]!.ref)
      expect(diffListings(first.bytes, second.bytes)).toEqual([{ at, removed: 1, added: [] }])
    },
  )

  test('names the refs that hold no object name, of those that were asked for', async () => {
    const t = createTrackerWriter({ seed: 'broken' })
    const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
    await using built = await buildRepository(t)
    await writeLooseRef(built.path, 'refs/bugs/torn', 'abc')
    await writeLooseRef(built.path, 'refs/heads/torn', 'abc')
    const git = await openGit()
    const listing = await git.listRefs(built.path, { prefixes: ['refs/bugs', 'refs/identities'] })
    expect(listing.broken).toEqual(['refs/bugs/torn'])
    expect(parseRefs(listing.bytes)).toEqual([{ name: ada.ref, hash: ada.tip }])
  })
})
