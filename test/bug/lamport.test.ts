import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareLamport, laterLamport, parseLamport } from '../../src/bug/lamport.ts'

describe('a logical time', () => {
  test.each<[string, number | bigint]>([
    ['0', 0],
    ['1', 1],
    ['007', 7],
    ['00000000000000000000', 0],
    ['9007199254740990', 9007199254740990],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['09007199254740993', 9007199254740993n],
    ['18446744073709551615', 18446744073709551615n],
  ])('"%s" is read exactly', (text, expected) => {
    expect(parseLamport(text)).toBe(expected)
  })

  test.each([
    '',
    '+5',
    '-5',
    '-0',
    ' 5',
    '5 ',
    '5\n',
    '5.0',
    '1e3',
    '0x10',
    '1_000',
    '１２',
    'NaN',
    'Infinity',
    '18446744073709551616',
    '99999999999999999999',
    '1'.repeat(21),
    '9'.repeat(100_000),
  ])('%j is none', text => {
    expect(parseLamport(text)).toBeUndefined()
  })

  test('every 64-bit time is read exactly and is a number only where that is exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), time => {
        const parsed = parseLamport(String(time))!
        expect(BigInt(parsed)).toBe(time)
        expect(typeof parsed).toBe(time <= 2n ** 53n - 1n ? 'number' : 'bigint')
      }),
    )
  })

  test('order and maximum are right across numbers and bigints', () => {
    const near = fc.oneof(
      fc.bigInt({ min: 2n ** 53n - 5n, max: 2n ** 53n + 5n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    )
    fc.assert(
      fc.property(near, near, (a, b) => {
        const [first, second] = [parseLamport(String(a))!, parseLamport(String(b))!]
        expect(Math.sign(compareLamport(first, second))).toBe(a < b ? -1 : a > b ? 1 : 0)
        expect(BigInt(laterLamport(first, second))).toBe(a > b ? a : b)
      }),
    )
  })
})
