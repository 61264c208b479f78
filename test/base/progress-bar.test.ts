import { expect, test } from 'vitest'
import { createProgressBar, terminalText } from '../../src/base/progress-bar.ts'
import { createManualClock } from '../support/manual-clock.ts'

function barOn(isTTY: boolean) {
  const clock = createManualClock()
  const written: string[] = []
  const bar = createProgressBar({ write: text => written.push(text), isTTY, columns: 50 }, clock)
  return { clock, written, bar }
}

test('on a terminal it is drawn over itself, ten times a second at most, and no longer than a line', () => {
  const { clock, written, bar } = barOn(true)
  bar.draw({ done: 0, known: 0, text: 'kiln' })
  bar.draw({ done: 1, known: 2, text: 'kiln' })
  clock.advance(100)
  bar.draw({ done: 3, known: 2, text: `a\u001b[2J${'x'.repeat(60)}` })
  expect(written).toEqual([
    '\r\u001b[K[........................] kiln',
    `\r\u001b[K[${'#'.repeat(24)}] a\ufffd[2J${'x'.repeat(17)}`,
  ])
  bar.clear()
  bar.clear()
  expect(written.slice(2)).toEqual(['\r\u001b[K'])
})

test('a terminal that does not know how wide it is gets a usual line', () => {
  const written: string[] = []
  const bar = createProgressBar({ write: text => written.push(text), isTTY: true, columns: 0 }, createManualClock())
  bar.draw({ done: 1, known: 1, text: 'x'.repeat(100) })
  expect(written[0]).toHaveLength('\r\u001b[K'.length + 79)
})

test('elsewhere nothing is written', () => {
  const { written, bar } = barOn(false)
  bar.draw({ done: 1, known: 2, text: 'kiln' })
  bar.clear()
  expect(written).toEqual([])
})

test('what a terminal obeys or hides is made visible', () => {
  expect(terminalText('a\u001b[2J\n\u2028b\u202ec\u00a0ü')).toBe('a\ufffd[2J\ufffd\ufffdb\ufffdc\u00a0ü')
})
