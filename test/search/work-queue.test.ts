import { expect, test } from 'vitest'
import { type Job, WorkQueue } from '../../src/search/work-queue.ts'

/** A queue that notes what it did, and a promise of its end. */
function createQueue(backgroundSteps: number) {
  const done: string[] = []
  const { promise: idle, resolve } = Promise.withResolvers<void>()
  let left = backgroundSteps
  const queue = new WorkQueue({
    stepBackground() {
      if (left === 0) return false
      left--
      done.push('background')
      return true
    },
    onDrained: () => void done.push('drained'),
    onIdle: resolve,
  })
  const add = (lane: string, name: string, options: { steps?: number; isAwaited?: boolean; error?: Error } = {}) => {
    const { steps = 1, isAwaited = false, error } = options
    let step = 0
    const job: Job = {
      lane,
      isAwaited,
      step() {
        if (error) throw error
        done.push(name)
        return ++step === steps
      },
      fail: reason => void done.push(`${name}: ${String(reason)}`),
      abandon: () => void done.push(`${name} is abandoned`),
    }
    queue.add(job)
    return job
  }
  return { queue, done, idle, add }
}

test('the works of a lane are done one after the other, and lanes take turns', async () => {
  const { done, idle, add } = createQueue(0)
  add('a', 'a1', { steps: 2 })
  add('a', 'a2')
  add('b', 'b1', { steps: 2 })
  await idle
  expect(done).toEqual(['a1', 'b1', 'a1', 'b1', 'a2', 'drained'])
})

test('a lane in which somebody waits goes first, with all that was there before in it', async () => {
  const { done, idle, add } = createQueue(0)
  for (let n = 0; n < 20; n++) add(`other ${n}`, 'other')
  add('a', 'update')
  add('a', 'match', { isAwaited: true })
  await idle
  expect(done.slice(0, 3)).toEqual(['update', 'match', 'other'])
})

test('neither the background nor other lanes starve while somebody always waits', async () => {
  const { done, idle, add } = createQueue(10)
  for (let n = 0; n < 60; n++) add('a', 'match', { isAwaited: true })
  add('b', 'update', { steps: 5 })
  await idle
  const lastMatch = done.lastIndexOf('match')
  const before = (name: string) => done.slice(0, lastMatch).filter(other => other === name).length
  expect([before('update'), before('background')]).toEqual([5, 9])
})

test('a work that throws is told, and the next one goes on', async () => {
  const { done, idle, add } = createQueue(0)
  add('a', 'bad', { error: new Error('no') })
  add('a', 'good')
  await idle
  expect(done).toEqual(['bad: Error: no', 'good', 'drained'])
})

test('works that are taken out are not done, and those who are abandoned are told', async () => {
  const { queue, done, idle, add } = createQueue(0)
  const first = add('a', 'first', { isAwaited: true })
  add('a', 'second')
  queue.remove(first)
  queue.remove(first)
  queue.clear()
  add('b', 'third')
  await idle
  expect(done).toEqual(['second is abandoned', 'third', 'drained'])
})
