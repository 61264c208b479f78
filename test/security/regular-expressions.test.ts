/**
 * No text makes a regular expression of the program take long. Each one of the sources is tried on strings that are
 * made of what it is made of; those that need more than linear time are listed, with what bounds their input.
 */
import { expect, test } from 'vitest'
import { attacks, findExpressions } from './regular-expressions.ts'

const length = 6000
/** Linear ones need a tenth of a millisecond for that, the others more than eight. */
const limitMs = 4
/** A machine that is busy now is not so each time. */
const attempts = 8

/** Expressions that take quadratic time, and why that does not matter. */
const bounded: ReadonlyMap<string, string> = new Map([
  [String.raw`/\/+$/`, 'addresses of at most 2,048 characters, and settings of the operator'],
  [String.raw`/\S+$/`, 'the few characters around a change'],
  [String.raw`/(\d+)\.(\d+)\.(\d+)\.(\d+)$/`, 'what is an address of a network'],
  [String.raw`/<\/?([a-z0-9]+)[^>]*>/g`, 'HTML of our own, in which each tag has its end'],
  ['/^Bearer +(.*)$/i', 'a header, which has no line end in it'],
  [String.raw`/\B(?=(?:\d{3})+$)/g`, 'a number'],
])

/** The least time of some attempts; of none more than the first where that is short. */
function timeOf(expression: RegExp, text: string): number {
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < attempts && least > limitMs; attempt++) {
    expression.lastIndex = 0
    const start = performance.now()
    expression.exec(text)
    least = Math.min(least, performance.now() - start)
  }
  return least
}

function isSlow(expression: RegExp): boolean {
  return attacks(expression, length).some(text => timeOf(expression, text) > limitMs)
}

test('no expression takes more than linear time, but those whose input is bounded', async () => {
  const found = await findExpressions()
  expect(found.length).toBeGreaterThan(350)
  const slow = found.filter(({ expression }) => !bounded.has(String(expression)) && isSlow(expression))
  expect(slow.map(({ place, expression }) => `${place} ${expression}`)).toEqual([])
})

test('the strings find expressions that take long', () => {
  for (const expression of [/\s+$/, /(\d+)\.(\d+)$/, /^\s*\[x/m, /<([a-z]+)[^>]*>/]) {
    expect(isSlow(expression), String(expression)).toBe(true)
  }
})
