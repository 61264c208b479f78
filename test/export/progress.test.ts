import { expect, test } from 'vitest'
import { createReporter, summaryLine } from '../../src/export/progress.ts'
import { createManualClock } from '../support/manual-clock.ts'

function reporterOn(isTTY: boolean) {
  const clock = createManualClock()
  const written: string[] = []
  const reporter = createReporter({ write: text => written.push(text), isTTY, columns: 60 }, clock)
  return { clock, written, reporter }
}

test('on a terminal a bar is drawn over itself, at most ten times a second', () => {
  const { clock, written, reporter } = reporterOn(true)
  const progress = (done: number) => reporter.progress({ repository: 'kiln', done, known: 100 })
  progress(0)
  progress(1)
  clock.advance(100)
  progress(50)
  expect(written).toEqual([
    '\r\u001b[K[........................] 0 of 100 files  kiln',
    '\r\u001b[K[############............] 50 of 100 files  kiln',
  ])
  reporter.end()
  reporter.end()
  expect(written.slice(2)).toEqual(['\r\u001b[K'])
})

test('elsewhere there is a line for each repository, and nothing in it that a terminal obeys', () => {
  const { written, reporter } = reporterOn(false)
  reporter.progress({ repository: 'kiln', done: 1, known: 2 })
  const report = { files: 1234, written: 5, failures: [] }
  reporter.repository({ ...report, name: 'kiln', outcome: 'exported' })
  reporter.repository({ ...report, name: 'a\u001b[2J', outcome: 'unchanged' })
  reporter.repository({ ...report, name: 'b', outcome: 'partly', failures: ['/b\n was answered'] })
  reporter.repository({ ...report, name: 'c', outcome: 'failed' })
  expect(written).toEqual([
    'kiln: 1,234 files, 5 written\n',
    'a\ufffd[2J: unchanged, 1,234 files\n',
    'b: 1,234 files, 5 written; some pages are missing\n',
    '  /b\ufffd was answered\n',
    'c: could not be exported\n',
  ])
})

test('the last line says what was done', () => {
  const summary = { files: 1234, bytes: 5_600_000, written: 4, removed: 3, failures: 2, isComplete: false }
  expect(summaryLine(summary, { folder: '/x', seconds: 1.26 })).toBe(
    'stopped: 1,234 files (5.6 MB) in /x, 4 written, 1,230 unchanged, 3 removed, 2 failed, 1.3 s',
  )
})
