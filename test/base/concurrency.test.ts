import { expect, test } from 'vitest'
import { forEachConcurrently } from '../../src/base/concurrency.ts'

test('every item is worked on, and never more at a time than allowed', async () => {
  let running = 0
  let most = 0
  const done: number[] = []
  await forEachConcurrently([...Array(40).keys()], 4, async item => {
    most = Math.max(most, ++running)
    await new Promise(resolve => setImmediate(resolve))
    running--
    done.push(item)
  })
  expect(done.toSorted((a, b) => a - b)).toEqual([...Array(40).keys()])
  expect(most).toBe(4)
})

test('a failure ends the work and is what the caller gets', async () => {
  const started: number[] = []
  const work = forEachConcurrently([1, 2, 3, 4, 5, 6], 2, async item => {
    started.push(item)
    if (item === 2) throw new Error('item 2')
    await new Promise(resolve => setImmediate(resolve))
  })
  await expect(work).rejects.toThrow('item 2')
  expect(started.length).toBeLessThan(6)
})
