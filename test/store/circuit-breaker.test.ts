import { expect, test } from 'vitest'
import { type CircuitBreakerOptions, createCircuitBreaker } from '../../src/store/circuit-breaker.ts'
import { createManualClock } from '../support/manual-clock.ts'

function open(options: Partial<CircuitBreakerOptions> = {}) {
  const clock = createManualClock()
  const told: string[] = []
  const breaker = createCircuitBreaker({
    clock,
    onOpen: error => void told.push(`open: ${String(error)}`),
    onClose: () => void told.push('closed'),
    ...options,
  })
  const fail = () => breaker.enter()!.failed('failure')
  return { clock, told, breaker, fail }
}

test('a breaker opens after three failures in a row, and lets nobody through then', () => {
  const { breaker, fail, told } = open()
  fail()
  fail()
  expect(breaker.isOpen).toBe(false)
  fail()
  expect(breaker.isOpen).toBe(true)
  expect(breaker.enter()).toBe(undefined)
  expect(told).toEqual(['open: failure'])
})

test('a success between failures begins the count anew', () => {
  const { breaker, fail } = open()
  fail()
  fail()
  breaker.enter()!.succeeded()
  fail()
  fail()
  expect(breaker.isOpen).toBe(false)
})

test('after a pause one trial at a time is let through, and the pause doubles up to four seconds', () => {
  const { breaker, fail, clock, told } = open({ maxFailures: 1 })
  fail()
  for (const pauseMs of [1000, 2000, 4000, 4000, 4000]) {
    clock.advance(pauseMs - 1)
    expect(breaker.enter()).toBe(undefined)
    clock.advance(1)
    const trial = breaker.enter()!
    expect(breaker.enter()).toBe(undefined)
    trial.failed('again')
    expect(breaker.enter()).toBe(undefined)
  }
  expect(told).toEqual(['open: failure'])
})

test('a trial that succeeds closes it, and the next pause is short again', () => {
  const { breaker, fail, clock, told } = open({ maxFailures: 1 })
  fail()
  clock.advance(1000)
  fail()
  clock.advance(2000)
  breaker.enter()!.succeeded()
  expect(breaker.isOpen).toBe(false)
  fail()
  clock.advance(1000)
  expect(breaker.enter()).not.toBe(undefined)
  expect(told).toEqual(['open: failure', 'closed', 'open: failure'])
})

test('a trial that was given up makes room for the next one', () => {
  const { breaker, fail, clock } = open({ maxFailures: 1 })
  fail()
  clock.advance(1000)
  breaker.enter()!.abandoned()
  expect(breaker.isOpen).toBe(true)
  breaker.enter()!.succeeded()
  expect(breaker.isOpen).toBe(false)
})

test('attempts that began before it opened change nothing, whatever they tell', () => {
  const { breaker, clock, told } = open({ maxFailures: 1 })
  const attempts = Array.from({ length: 5 }, () => breaker.enter()!)
  attempts[0]!.failed('first')
  attempts[1]!.failed('second')
  attempts[2]!.succeeded()
  expect(breaker.isOpen).toBe(true)
  clock.advance(1000)
  const trial = breaker.enter()!
  attempts[3]!.abandoned()
  attempts[4]!.succeeded()
  expect(breaker.enter()).toBe(undefined)
  trial.succeeded()
  expect(told).toEqual(['open: first', 'closed'])
})

test('an attempt tells once', () => {
  const { breaker } = open({ maxFailures: 2 })
  const attempt = breaker.enter()!
  attempt.failed('once')
  attempt.failed('twice')
  expect(breaker.isOpen).toBe(false)
})
