import { expect, test } from 'vitest'
import { type MeasureEntry, measureCatalogue, noMeasures } from '../../src/base/measures.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { parseExposition } from '../support/exposition.ts'

const entries = Object.entries<MeasureEntry>(measureCatalogue)

test('every measure of the catalogue is in the text with its kind, and those of the process are beside them', async () => {
  const { types } = parseExposition(await createMetrics().readText())
  for (const [name, { kind }] of entries) expect([name, types.get(name)]).toEqual([name, kind])
  expect([...types.keys()]).toEqual(
    expect.arrayContaining([
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_seconds',
    ]),
  )
})

test('names follow the rules of Prometheus', () => {
  for (const [name, { kind, labels, buckets = [] }] of entries) {
    expect(name).toMatch(/^gitbugviewer_[a-z]+(_[a-z]+)*$/)
    expect(name.endsWith('_total')).toBe(kind === 'counter')
    expect(name.endsWith('_seconds')).toBe(kind === 'histogram')
    expect(buckets.length > 0).toBe(kind === 'histogram')
    expect(buckets.toSorted((a, b) => a - b)).toEqual(buckets)
    expect(Object.keys(labels).filter(label => ['le', 'quantile', 'job', 'instance'].includes(label))).toEqual([])
  }
})

test('a counter adds up for each combination of labels', async () => {
  const metrics = createMetrics()
  metrics.count('gitbugviewer_lookups_total', { tier: 'page', result: 'hit' })
  metrics.count('gitbugviewer_lookups_total', { tier: 'page', result: 'hit' }, 4)
  // The order in which a caller writes labels makes no other series.
  metrics.count('gitbugviewer_lookups_total', { result: 'miss', tier: 'page' })
  metrics.count('gitbugviewer_git_processes_started_total', { command: 'for-each-ref' })
  const read = parseExposition(await metrics.readText())
  expect(read.value('gitbugviewer_lookups_total', { tier: 'page', result: 'hit' })).toBe(5)
  expect(read.value('gitbugviewer_lookups_total', { tier: 'page', result: 'miss' })).toBe(1)
  expect(read.value('gitbugviewer_git_processes_started_total', { command: 'for-each-ref' })).toBe(1)
})

test('a counter whose labels are all known is there with 0 before its first event', async () => {
  const read = parseExposition(await createMetrics().readText())
  expect(read.value('gitbugviewer_errors_total', { code: 'GIT_TIMEOUT', place: 'refresh' })).toBe(0)
  expect(read.samples.filter(({ name }) => name === 'gitbugviewer_git_processes_started_total')).toEqual([])
})

test('a duration counts in its bucket and all larger ones; one that is exactly a bound counts in the lower', async () => {
  const metrics = createMetrics()
  const labels = { kind: 'refresh', result: 'done' } as const
  for (const seconds of [0.005, 0.02, 1000]) metrics.observe('gitbugviewer_build_duration_seconds', seconds, labels)
  const read = parseExposition(await metrics.readText())
  const atMost = (le: string) => read.value('gitbugviewer_build_duration_seconds_bucket', { ...labels, le })
  expect(['0.005', '0.01', '0.025', '300', '+Inf'].map(atMost)).toEqual([1, 1, 2, 2, 3])
  expect(read.value('gitbugviewer_build_duration_seconds_count', labels)).toBe(3)
  expect(read.value('gitbugviewer_build_duration_seconds_sum', labels)).toBeCloseTo(1000.025)
})

test('a gauge is asked each time, and several may tell its parts', async () => {
  const metrics = createMetrics()
  let open = 2
  metrics.gauge('gitbugviewer_open_caches', () => open)
  metrics.gauge('gitbugviewer_cache_bytes', () => [{ labels: { tier: 'page' }, value: 10 }])
  metrics.gauge('gitbugviewer_cache_bytes', () => [
    { labels: { tier: 'full_bug' }, value: 20 },
    { labels: { tier: 'page' }, value: 1 },
  ])
  expect(parseExposition(await metrics.readText()).value('gitbugviewer_open_caches')).toBe(2)
  open = 7
  const read = parseExposition(await metrics.readText())
  expect(read.value('gitbugviewer_open_caches')).toBe(7)
  expect(read.value('gitbugviewer_cache_bytes', { tier: 'page' })).toBe(11)
  expect(read.value('gitbugviewer_cache_bytes', { tier: 'full_bug' })).toBe(20)
})

test('a part of the program that ends counts on, and is asked no more', async () => {
  const metrics = createMetrics()
  const [first, second] = [metrics.passing(), metrics.passing()]
  first.gauge('gitbugviewer_cache_bytes', () => [{ labels: { tier: 'page' }, value: 10 }])
  second.gauge('gitbugviewer_cache_bytes', () => [{ labels: { tier: 'page' }, value: 1 }])
  first[Symbol.dispose]()
  first.count('gitbugviewer_entities_total', { result: 'read' })
  const read = parseExposition(await metrics.readText())
  expect(read.value('gitbugviewer_cache_bytes', { tier: 'page' })).toBe(1)
  expect(read.value('gitbugviewer_entities_total', { result: 'read' })).toBe(1)
})

test('two programs in one process count apart', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.count('gitbugviewer_entities_total', { result: 'read' }, 3)
  const values = await Promise.all(
    [one, other].map(async metrics =>
      parseExposition(await metrics.readText()).value('gitbugviewer_entities_total', { result: 'read' }),
    ),
  )
  expect(values).toEqual([3, 0])
})

test('a label with quotes, backslashes and line ends in it leaves the text readable', async () => {
  const metrics = createMetrics()
  metrics.count('gitbugviewer_git_processes_started_total', { command: 'a"b\\c\nd' })
  const read = parseExposition(await metrics.readText())
  expect(read.labelValues('command')).toEqual(['a\\"b\\\\c\\nd'])
})

test('those who read at the same time share one answer', async () => {
  const metrics = createMetrics()
  let asked = 0
  metrics.gauge('gitbugviewer_open_caches', () => ++asked)
  await Promise.all(Array.from({ length: 20 }, () => metrics.readText()))
  expect(asked).toBe(1)
})

test('a wrong name, label or value does not compile', () => {
  // @ts-expect-error no measure has that name
  noMeasures.count('gitbugviewer_open_caches', {})
  // @ts-expect-error a label is missing
  noMeasures.count('gitbugviewer_lookups_total', { tier: 'page' })
  // @ts-expect-error no result is called so
  noMeasures.count('gitbugviewer_lookups_total', { tier: 'page', result: 'hits' })
  // @ts-expect-error a histogram is not counted
  noMeasures.count('gitbugviewer_build_duration_seconds', { kind: 'first', result: 'done' })
  // @ts-expect-error a gauge with labels has several values
  noMeasures.gauge('gitbugviewer_cache_bytes', () => 3)
  // @ts-expect-error no tier is called so
  noMeasures.gauge('gitbugviewer_cache_bytes', () => [{ labels: { tier: 'pages' }, value: 3 }])
  expect(Object.keys(noMeasures)).toEqual(['count', 'observe', 'gauge'])
})
