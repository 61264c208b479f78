import { describe, expect, test } from 'vitest'
import { parseRange, readDate, readNumber } from '../../src/query/range.ts'

function at(iso: string): number {
  return Date.parse(`${iso}T00:00:00Z`) / 1000
}

describe('a date', () => {
  test.each([
    ['2026', '2026-01-01', '2027-01-01'],
    ['2026-11', '2026-11-01', '2026-12-01'],
    ['2026-12', '2026-12-01', '2027-01-01'],
    ['2026-11-03', '2026-11-03', '2026-11-04'],
    ['2024-02', '2024-02-01', '2024-03-01'],
    ['2024-02-29', '2024-02-29', '2024-03-01'],
    ['1969-12-31', '1969-12-31', '1970-01-01'],
    ['0050', '0050-01-01', '0051-01-01'],
    ['9999', '9999-01-01', '+010000-01-01'],
  ])('%s means all of it, in UTC', (text, from, before) => {
    expect(readDate(text)).toEqual({ from: at(from), before: at(before) })
  })

  test.each([
    '',
    '26',
    '2026-',
    '2026-1',
    '2026-00',
    '2026-13',
    '2026-11-00',
    '2026-11-31',
    '2025-02-29',
    '2026-11-03T00',
    '20261',
    '-2026',
    ' 2026',
    '２０２６',
  ])('%j is none', text => {
    expect(readDate(text)).toBeUndefined()
  })
})

describe('a range of dates', () => {
  test.each([
    ['2026..2026-11', at('2026-01-01'), at('2026-12-01')],
    ['2026-11-03..2026-11-03', at('2026-11-03'), at('2026-11-04')],
    ['2026-03..2026', at('2026-03-01'), at('2027-01-01')],
    ['2026..', at('2026-01-01'), Infinity],
    ['..2026', -Infinity, at('2027-01-01')],
    ['>2026', at('2027-01-01'), Infinity],
    ['>=2026', at('2026-01-01'), Infinity],
    ['<2026', -Infinity, at('2026-01-01')],
    ['<=2026', -Infinity, at('2027-01-01')],
  ])('%s holds both of its ends', (text, from, before) => {
    expect(parseRange(text, readDate)).toEqual({ from, before })
  })

  test.each(['', '..', '...', '2026...', '>', '>=', '=2026', '>2026..2027', '2026..>2027', '>>2026', '<>2026', '1..2'])(
    '%j is none',
    text => {
      expect(parseRange(text, readDate)).toBe('malformed')
    },
  )

  test('that ends before it starts is refused as such', () => {
    expect(parseRange('2026..2025', readDate)).toBe('backwards')
    expect(parseRange('2026-11-03..2026-11-02', readDate)).toBe('backwards')
  })
})

describe('a range of numbers', () => {
  test.each([
    ['5', 5, 6],
    ['007', 7, 8],
    ['3..7', 3, 8],
    ['5..5', 5, 6],
    ['3..', 3, Infinity],
    ['..7', -Infinity, 8],
    ['>5', 6, Infinity],
    ['>=5', 5, Infinity],
    ['<5', -Infinity, 5],
    ['<=5', -Infinity, 6],
    ['999999999999999', 999999999999999, 1e15],
  ])('%s holds both of its ends', (text, from, before) => {
    expect(parseRange(text, readNumber)).toEqual({ from, before })
  })

  test.each(['', '-1', '1.5', '1e3', '0x1', '9999999999999999', ' 5', '5 '])('%j is none', text => {
    expect(parseRange(text, readNumber)).toBe('malformed')
  })

  test('that ends before it starts is refused as such', () => {
    expect(parseRange('6..5', readNumber)).toBe('backwards')
  })
})
