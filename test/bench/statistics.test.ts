import { expect, test, vi } from 'vitest'
import { median, parseVerdicts, percentile, printVerdict } from '../../bench/statistics.ts'

test('a percentile is one of the numbers, by nearest rank and by size', () => {
  const numbers = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect([0.5, 0.99, 1].map(share => percentile(numbers, share))).toEqual([50, 99, 100])
  expect(percentile([10, 9], 0)).toBe(9)
  expect(median([10, 2, 9])).toBe(9)
})

test('without numbers there is no figure that a bound could accept', () => {
  expect(median([]) <= 1000).toBe(false)
  expect(median([]) >= 0).toBe(false)
})

test('what a bench has said of its figures is found again in what it printed', () => {
  const printed: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation(line => void printed.push(String(line)))
  try {
    console.log('200 bugs: 3 rounds')
    printVerdict('  open: all', '12.0 ms, 3 times bare', { text: 'at most 10 ms; less is better', met: false })
    printVerdict('git processes', '1', { text: '1', met: true })
  } finally {
    log.mockRestore()
  }
  expect(parseVerdicts(printed.join('\n'))).toEqual([
    { what: 'open: all', figure: '12.0 ms, 3 times bare', wanted: 'at most 10 ms; less is better', met: false },
    { what: 'git processes', figure: '1', wanted: '1', met: true },
  ])
})
