import { describe, expect, test } from 'vitest'
import { chooseRange } from '../../src/http/range.ts'

describe('of a whole of 1000 bytes', () => {
  test.each([
    ['bytes=0-499', [[0, 500]]],
    ['bytes=500-', [[500, 1000]]],
    ['bytes=-1', [[999, 1000]]],
    ['bytes=-5000', [[0, 1000]]],
    ['bytes=0-0', [[0, 1]]],
    ['bytes=999-5000', [[999, 1000]]],
    [`bytes=0-${'9'.repeat(400)}`, [[0, 1000]]],
    [`bytes=-${'9'.repeat(400)}`, [[0, 1000]]],
    ['BYTES=0-1', [[0, 2]]],
    [
      'bytes=0-0,-1',
      [
        [0, 1],
        [999, 1000],
      ],
    ],
    [
      'bytes=0-1, 2-3 ,\t10-',
      [
        [0, 2],
        [2, 4],
        [10, 1000],
      ],
    ],
    ['bytes=,0-1,,', [[0, 2]]],
    ['bytes=0-1,2000-3000', [[0, 2]]],
    ['bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14', [0, 2, 4, 6, 8, 10, 12, 14].map(at => [at, at + 1])],
  ])('%s is these parts', (header, parts) => {
    expect(chooseRange(header, 1000)).toEqual(parts.map(([start, end]) => ({ start, end })))
  })

  test.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=,',
    'bytes=5',
    'bytes=5-4',
    'bytes=a-b',
    'bytes=0-1;2-3',
    'bytes=0x0-5',
    'bytes=0-5.5',
    'bytes=--5',
    'bytes=-5-',
    'bytes= 0 - 5',
    'bytes =0-5',
    'bytes=0-1,x',
    'bytes=+0-5',
    'lines=0-5',
    '0-5',
    'bytes:0-5',
  ])('%j breaks the rules, and is ignored', header => {
    expect(chooseRange(header, 1000)).toBe('whole')
  })

  test.each([
    ['parts that overlap', 'bytes=0-5,5-9'],
    ['parts that go backwards', 'bytes=10-11,0-1'],
    ['the end before the beginning', 'bytes=-1,0-0'],
    ['nine parts', 'bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16'],
    ['ten thousand parts', `bytes=${Array.from({ length: 10_000 }, (_, n) => `${2 * n}-${2 * n}`).join()}`],
    ['ten thousand commas and a mistake', `bytes=${','.repeat(10_000)}x`],
  ])('%s are more than is worth it: the whole', (_what, header) => {
    expect(chooseRange(header, 1000)).toBe('whole')
  })

  test.each(['bytes=1000-', 'bytes=1000-1001', 'bytes=-0', `bytes=${'9'.repeat(400)}-`, 'bytes=2000-,-0'])(
    '%s has no byte of it',
    header => {
      expect(chooseRange(header, 1000)).toBe('unsatisfiable')
    },
  )
})

test('of nothing, the last bytes are the whole, and there is no first one', () => {
  expect(chooseRange('bytes=-5', 0)).toBe('whole')
  expect(chooseRange('bytes=0-', 0)).toBe('unsatisfiable')
  expect(chooseRange('bytes=-0', 0)).toBe('unsatisfiable')
})
