import { expect, test } from 'vitest'
import { createBackoff } from '../../src/cache/backoff.ts'
import { createManualClock } from '../support/manual-clock.ts'

function setUp() {
  const clock = createManualClock()
  return { clock, backoff: createBackoff(clock) }
}

test('what never failed may be tried at once', () => {
  expect(setUp().backoff.check('a')).toBeUndefined()
})

test('what has failed is left alone for a moment, and whoever asks gets its failure and how long that lasts', () => {
  const { clock, backoff } = setUp()
  const error = new Error('broken')
  backoff.failed('a', error)
  clock.advance(100)
  expect(backoff.check('a')).toEqual({ error, leftMs: 150 })
  expect(backoff.check('a')?.error).toBe(error)
  expect(backoff.check('b')).toBeUndefined()
  clock.advance(150)
  expect(backoff.check('a')).toBeUndefined()
})

test('each failure in a row doubles the pause, up to four seconds', () => {
  const { clock, backoff } = setUp()
  const pauses = Array.from({ length: 10 }, () => {
    backoff.failed('a', new Error('broken'))
    const { leftMs } = backoff.check('a')!
    clock.advance(leftMs)
    expect(backoff.check('a')).toBeUndefined()
    return leftMs
  })
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000])
})

test('what was forgotten may be tried at once, and its next pause is short again', () => {
  const { backoff } = setUp()
  for (let n = 0; n < 5; n++) backoff.failed('a', new Error('broken'))
  backoff.forget('a')
  expect(backoff.check('a')).toBeUndefined()
  backoff.failed('a', new Error('broken'))
  expect(backoff.check('a')?.leftMs).toBe(250)
})

test('of more failures than are worth remembering the oldest is forgotten', () => {
  const { backoff } = setUp()
  for (let n = 0; n < 10_000; n++) backoff.failed(`r${n}`, n)
  backoff.failed('r0', 'again')
  backoff.failed('new', 'new')
  expect(backoff.check('r1')).toBeUndefined()
  expect(['r0', 'r2', 'new'].map(name => backoff.check(name)?.error)).toEqual(['again', 2, 'new'])
})
