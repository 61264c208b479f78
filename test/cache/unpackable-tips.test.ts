import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createUnpackableTips } from '../../src/cache/unpackable-tips.ts'
import { createManualClock } from '../support/manual-clock.ts'

const signal = new AbortController().signal
const shortestRestMs = 3000

/** A repository in which these tips are spoilt; each look takes some time. */
function scene(spoilt: Iterable<string>, { lookMs = 0 } = {}) {
  const clock = createManualClock()
  const bad = new Set(spoilt)
  const looks: (readonly string[])[] = []
  const tips = createUnpackableTips(clock, async (some, maxWorkMs, stop) => {
    stop.throwIfAborted()
    if (maxWorkMs <= 0) throw new Error('no time is left')
    looks.push(some)
    clock.advance(lookMs)
    return !some.some(tip => bad.has(tip))
  })
  return { clock, bad, looks, tips }
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `tip ${index}`)

test('exactly those that are spoilt are found, wherever they are and however many', async () => {
  const cases = fc
    .integer({ min: 0, max: 70 })
    .chain(count => fc.record({ all: fc.constant(names(count)), spoilt: fc.subarray(names(count)) }))
  await fc.assert(
    fc.asyncProperty(cases, async ({ all, spoilt }) => {
      const { tips } = scene(spoilt)
      await tips.search({ content: 'x', tips: all }, signal)
      expect([...tips.known].sort()).toEqual([...spoilt].sort())
    }),
  )
})

test('one of a hundred thousand is found with few looks, which cost little more than two at all of them', async () => {
  const { tips, looks } = scene(['tip 99999'])
  await tips.search({ content: 'x', tips: names(100_000) }, signal)
  expect([...tips.known]).toEqual(['tip 99999'])
  expect(looks.length).toBeLessThan(20)
  expect(looks.reduce((sum, look) => sum + look.length, 0)).toBeLessThan(210_000)
})

test('where nothing is found, the same content is not searched again; another is', async () => {
  const { tips, looks } = scene([])
  const before = tips.known
  await tips.search({ content: 'x', tips: names(10) }, signal)
  await tips.search({ content: 'x', tips: names(10) }, signal)
  expect(looks).toHaveLength(1)
  expect(tips.known).toBe(before)
  await tips.search({ content: 'y', tips: names(11) }, signal)
  expect(looks).toHaveLength(2)
})

test('two searches at once do the work of one', async () => {
  const { tips, looks } = scene(['tip 3'])
  const search = { content: 'x', tips: names(100) }
  await tips.search(search, signal)
  const ofOne = looks.length
  const both = scene(['tip 3'])
  await Promise.all([both.tips.search(search, signal), both.tips.search(search, signal)])
  expect(both.looks.length).toBe(ofOne + 1)
})

test('a search has its time; what it has found by then stays known, and the next one goes on from there', async () => {
  const all = names(64)
  const { tips } = scene(all, { lookMs: 1000 })
  await expect(tips.search({ content: 'x', tips: all }, signal)).rejects.toThrow('no time is left')
  const found = tips.known.size
  expect(found).toBeGreaterThan(10)
  expect(found).toBeLessThan(64)
  await tips.search({ content: 'y', tips: all }, signal).catch(() => {})
  await tips.search({ content: 'z', tips: all }, signal).catch(() => {})
  expect(tips.known.size).toBe(64)
})

test('who has gone does not wait for a search, and its signal ends the search', async () => {
  const stop = new AbortController()
  const { promise: never } = Promise.withResolvers<boolean>()
  const tips = createUnpackableTips(createManualClock(), () => never)
  const searching = tips.search({ content: 'x', tips: names(3) }, stop.signal)
  stop.abort(new Error('enough'))
  await expect(searching).rejects.toThrow('enough')
})

test('after three seconds it is looked whether what is known was mended, and not before', async () => {
  const { tips, bad, clock, looks } = scene(['tip 1', 'tip 2'])
  await tips.search({ content: 'x', tips: names(5) }, signal)
  const searched = looks.length
  bad.delete('tip 1')
  clock.advance(shortestRestMs - 1)
  await tips.lookAgain(signal)
  expect(looks).toHaveLength(searched)
  clock.advance(1)
  await tips.lookAgain(signal)
  expect([...tips.known]).toEqual(['tip 2'])
  const looked = looks.length
  await tips.lookAgain(signal)
  expect(looks).toHaveLength(looked)
})

test('where it cannot be told whether it was mended, it is not taken to be', async () => {
  const clock = createManualClock()
  let isBroken = false
  const tips = createUnpackableTips(clock, async () => {
    if (isBroken) throw new Error('git is gone')
    return false
  })
  await tips.search({ content: 'x', tips: ['tip'] }, signal)
  isBroken = true
  clock.advance(shortestRestMs)
  await expect(tips.lookAgain(signal)).rejects.toThrow('git is gone')
  expect([...tips.known]).toEqual(['tip'])
})

test('a look that takes long is not made again for a hundred times as long', async () => {
  const clock = createManualClock()
  let looks = 0
  const tips = createUnpackableTips(clock, async () => {
    looks++
    clock.advance(1000)
    return false
  })
  await tips.search({ content: 'x', tips: ['tip'] }, signal)
  clock.advance(99_999)
  await tips.lookAgain(signal)
  expect(looks).toBe(1)
  clock.advance(1)
  await tips.lookAgain(signal)
  expect(looks).toBe(2)
})
