/** What is kept of a bug stays in memory: what a pusher can make as long as he likes is bounded, and said to be. */
import { expect, test } from 'vitest'
import { defaultDecodeLimits } from '../../src/base/limits.ts'
import { compileSummary } from '../../src/bug/compile.ts'
import { toBugRecord, toSearchText } from '../../src/cache/entity-record.ts'
import { rawPack, write } from '../bug/packs.ts'

function recordOf(operation: Record<string, unknown>) {
  const first = write({ type: 1, timestamp: 1, title: 'Large', ...operation })
  const { id } = first
  const raw = { id, tip: '1'.repeat(40), packs: [rawPack({ commit: 1, ops: [first] })] }
  return toBugRecord({ kind: 'bug', id, tip: raw.tip }, compileSummary(raw, defaultDecodeLimits))
}

test('metadata that is too long is cut, and the bug is shown with a remark', () => {
  const record = recordOf({ metadata: { origin: 'forge', note: 'x'.repeat(20_000) } })
  expect([...(record.bug?.metadata ?? [])]).toEqual([['origin', 'forge']])
  expect(record.problems.map(({ reason }) => reason)).toEqual([expect.stringContaining('metadata')])
})

test('of very many files only the first can be downloaded, and the bug is shown with a remark', () => {
  const files = Array.from({ length: 10_001 }, (_, n) => n.toString(16).padStart(40, '0'))
  const record = recordOf({ files })
  expect(record.bug?.files).toEqual(files.slice(0, 10_000))
  expect(record.problems.map(({ reason }) => reason)).toEqual([expect.stringContaining('10000 files')])
})

test.for([1002, 1003])('of %i changes of status the last are known, and each says what it said before', count => {
  const first = write({ type: 1, timestamp: 1, title: 'Flapping' })
  const changes = Array.from({ length: count }, (_, n) => write({ type: 4, timestamp: n + 2, status: n % 2 ? 1 : 2 }))
  const raw = { id: first.id, tip: '1'.repeat(40), packs: [rawPack({ commit: 1, ops: [first, ...changes] })] }
  const ref = { kind: 'bug', id: first.id, tip: raw.tip } as const
  const { bug, problems } = toBugRecord(ref, compileSummary(raw, defaultDecodeLimits))
  const known = bug!.statusChanges
  // A closing is the first again, and nothing is missing at the end.
  expect([known[0]! % 2, known.at(-1), known.length]).toEqual([0, count + 1, count === 1002 ? 1000 : 999])
  expect(problems.map(({ reason }) => reason)).toEqual([expect.stringContaining('changes of status')])
})

test('what is of a usual size is kept as it is, without a remark', () => {
  const record = recordOf({ metadata: { note: 'x'.repeat(1000) }, files: ['a'.repeat(40)] })
  expect([record.problems, record.bug?.files, record.bug?.metadata.size]).toEqual([[], ['a'.repeat(40)], 1])
})

test('texts are one piece of bounded length, however many and long they are', () => {
  expect(Buffer.from(toSearchText(['Title', 'first', 'second'])).toString()).toBe('Title\nfirst\nsecond')
  const long = 'x'.repeat(32 * 1024 * 1024)
  expect(toSearchText(Array.from({ length: 17 }, () => long)).length).toBeLessThan(4_100_000)
})
