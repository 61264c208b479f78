import { expect, test } from 'vitest'
import {
  type AccessOptions,
  type AccessTrace,
  createAccessTrace,
  createZipf,
  drawSizes,
  type Request,
  standardAccess,
} from '../../bench/access.ts'
import { createRandom } from '../../bench/random.ts'
import { balancerKinds, createBalancer } from '../../bench/simulated-balancer.ts'
import { createProcessor } from '../../bench/simulated-processor.ts'
import { answerKinds } from '../../bench/simulated-tally.ts'
import { createVirtualTime } from '../../bench/simulated-time.ts'
import {
  runSimulation,
  type SimulationOptions,
  type SimulationResult,
  standardCosts,
  standardSimulation,
} from '../../bench/simulation-run.ts'

const minuteMs = 60_000

const smallAccess: AccessOptions = {
  ...standardAccess,
  repositories: 400,
  hours: 0.5,
  requestsPerSecond: 8,
  pushesPerSecond: 0.2,
}

const standard = { ...standardSimulation, instances: 1, balancer: 'hash' } as const

/** Requests of readers, for pages that are in memory. */
function traceOf(
  bugs: readonly number[],
  asked: readonly (readonly [atMs: number, repository: number])[],
): AccessTrace {
  const requests = asked.map(
    ([atMs, repository]): Request => ({ atMs, repository, isCrawler: false, isRendered: false }),
  )
  return { bugs: Int32Array.from(bugs), requests, pushes: [], endMs: (asked.at(-1)?.[0] ?? 0) + 1 }
}

function numbersOf(result: SimulationResult) {
  const mark = result.marks.at(-1)
  if (!mark) throw new Error('the end is always marked')
  return mark.numbers
}

const answersOf = (result: SimulationResult) => answerKinds.reduce((sum, kind) => sum + numbersOf(result)[kind], 0)

/** Pairs of readings of one repository that overlap in time. */
function overlaps({ spans }: SimulationResult): number {
  const endOf = ({ toMs = Number.POSITIVE_INFINITY }: { toMs: number | undefined }) => toMs
  return spans.filter((one, place) =>
    spans
      .slice(place + 1)
      .some(other => other.repository === one.repository && other.fromMs < endOf(one) && one.fromMs < endOf(other)),
  ).length
}

test('the same seed gives the same result to the last digit, and another one another', () => {
  const run = (seed: number) =>
    runSimulation({ ...standard, instances: 3, trace: createAccessTrace({ ...smallAccess, seed }) })
  expect(run(7)).toEqual(run(7))
  expect(run(7).waitsMs).not.toEqual(run(8).waitsMs)
})

test.each(balancerKinds)('each request is answered once by %s, though instances go down, killed or not', balancer => {
  const trace = createAccessTrace(smallAccess)
  const down = { downMs: 20_000, losesStore: true }
  const outages = [
    { ...down, instance: 0, atMs: 2 * minuteMs, isKilled: true },
    { ...down, instance: 1, atMs: 2 * minuteMs + 1000, isKilled: false },
    { ...down, instance: 1, atMs: 10 * minuteMs, isKilled: true },
  ]
  // Slow enough for requests to be under way then.
  const costs = { ...standardCosts, openMs: 10_000 }
  const result = runSimulation({ ...standard, trace, balancer, instances: 2, outages, costs })
  expect(answersOf(result)).toBe(trace.requests.length)
  expect(result.waitsMs).toHaveLength(trace.requests.length)
  expect(numbersOf(result).moved).toBeGreaterThan(0)
  expect(numbersOf(result).progressPages).toBeGreaterThan(0)
})

test('one repository of one instance: opened, kept, closed when idle, opened from the store; as counted by hand', () => {
  const idleMs = 10 * minuteMs
  const asked = [0, 100, 1000, 1000 + idleMs + minuteMs] as const
  const trace = traceOf(
    [1000],
    asked.map(atMs => [atMs, 0]),
  )
  const result = runSimulation({ ...standard, trace, idleMs, redisMaxBytes: 0, rebuildMs: 0 })
  // 15 ms, and 1,000 bugs of 0.6 ms on one thread; then the second, who came after 100 ms; a page takes 0.1 ms.
  const opened = 15 + 1000 * 0.6
  const stored = 15 + 1000 * 0.02
  const expected = [opened + 0.1, opened + 0.2 - 100, 0.1, stored + 0.1]
  expect(result.waitsMs).toHaveLength(4)
  for (const [place, ms] of expected.entries()) expect(result.waitsMs[place]).toBeCloseTo(ms, 6)
  expect(numbersOf(result)).toMatchObject({ git: 2, open: 1, local: 1, gitBuilds: 1, gitBugs: 1000, closedIdle: 1 })
  expect(result.marks.at(-1)?.usedMs[0]).toBeCloseTo(opened + stored + 0.4, 6)
  expect(result.mostBytes).toEqual([20_000 + 1400 * 1000])
  expect(result.storedBytes).toEqual([1000 * standardCosts.storedBugBytes])
})

test('a push is read with the next request: one bug, whatever the size of the repository', () => {
  const trace = {
    ...traceOf(
      [500],
      [
        [0, 0],
        [5000, 0],
      ],
    ),
    pushes: [{ atMs: 4000, repository: 0 }],
  }
  const result = runSimulation({ ...standard, trace, redisMaxBytes: 0, rebuildMs: 0 })
  expect(numbersOf(result)).toMatchObject({ gitBugs: 501, gitBuilds: 1, refreshes: 1 })
  expect(result.waitsMs[1]).toBeCloseTo(standardCosts.refreshMs + 0.6 + 0.1, 6)
})

test('what one instance has seen moved, the others that have it open read too, and from Redis', () => {
  const trace = {
    ...traceOf(
      [500],
      [
        [0, 0],
        [2000, 0],
        [5000, 0],
        [9000, 0],
      ],
    ),
    pushes: [{ atMs: 4000, repository: 0 }],
  }
  const result = runSimulation({ ...standard, trace, instances: 2, balancer: 'spread', rebuildMs: 0 })
  // The second and the fourth request go to the same instance, which by then has had the news.
  expect(numbersOf(result)).toMatchObject({ gitBugs: 501, refreshes: 2, open: 2, redis: 1, git: 1 })
  expect(result.waitsMs[3]).toBeCloseTo(0.1, 6)
})

test('who waits for longer than a second is told so and comes back; a crawler does not', () => {
  const [reader] = traceOf([10_000], [[0, 0]]).requests
  if (!reader) throw new Error('there is one request')
  const trace = {
    ...traceOf([10_000], [[0, 0]]),
    requests: [reader, { ...reader, isCrawler: true }],
  }
  const result = runSimulation({ ...standard, trace, redisMaxBytes: 0, rebuildMs: 0 })
  // Two threads, 10,000 bugs: done after 3,015 ms; the reader comes back after 1 s and 2 s more.
  expect(numbersOf(result)).toMatchObject({ left: 1, git: 1, progressPages: 2 })
  expect(result.waitsMs[0]).toBeCloseTo(1000, 6)
  expect(result.waitsMs[1]).toBeCloseTo(15 + 10_000 * 0.3 + 0.1, 6)
})

test('a build that all have left is stopped ten seconds later, and begins anew for who comes then', () => {
  const [reader] = traceOf([50_000], [[0, 0]]).requests
  if (!reader) throw new Error('there is one request')
  const requests = [
    { ...reader, isCrawler: true },
    { ...reader, atMs: 60_000 },
  ]
  const trace = { ...traceOf([50_000], [[0, 0]]), requests, endMs: 60_001 }
  const result = runSimulation({ ...standard, trace, redisMaxBytes: 0, rebuildMs: 0 })
  expect(result.spans).toEqual([
    { instance: 0, repository: 0, fromMs: 15, toMs: 11_000 },
    { instance: 0, repository: 0, fromMs: 60_015, toMs: expect.closeTo(60_015 + 15_000, 3) },
  ])
})

const busy: AccessOptions = { ...smallAccess, repositories: 60, medianBugs: 400, pushesPerSecond: 2 }
const slowGit = { ...standardCosts, gitBugMs: 5 }

test('with task keys no two instances read the same repository from git at the same time, or the same state twice', () => {
  const trace = createAccessTrace(busy)
  const options: SimulationOptions = { ...standard, trace, instances: 4, balancer: 'spread', costs: slowGit }
  const withKeys = runSimulation(options)
  expect(overlaps(withKeys)).toBe(0)
  expect(numbersOf(withKeys)).toMatchObject({ gitBeside: 0, gitAgain: 0 })
  expect(withKeys.spans.length).toBeGreaterThan(60)
  const without = runSimulation({ ...options, hasTaskKeys: false })
  expect(overlaps(without)).toBeGreaterThan(0)
  expect(numbersOf(without).gitBeside).toBeGreaterThan(0)
  expect(numbersOf(without).gitAgain).toBeGreaterThan(0)
})

test('the repository of a builder that is killed is read by another one when the lease is over, and not before', () => {
  const killedMs = 5000
  const trace = traceOf(
    [100_000],
    [
      [0, 0],
      [4000, 0],
    ],
  )
  const run = (isKilled: boolean) =>
    runSimulation({
      ...standard,
      trace,
      instances: 2,
      balancer: 'spread',
      costs: { ...standardCosts, redisBugMs: 0 },
      // The reader's visits begin at instance 0, which therefore has the key.
      outages: [{ instance: 0, atMs: killedMs, isKilled, losesStore: false, downMs: 1e9 }],
    })
  const killed = run(true).spans
  expect(killed.map(({ instance }) => instance)).toEqual([0, 1])
  expect(killed[0]?.toMs).toBe(killedMs)
  // The lease was renewed in the last second before.
  const waitedMs = (killed[1]?.fromMs ?? 0) - killedMs
  expect(waitedMs).toBeGreaterThanOrEqual(standard.leaseMs - 1000)
  expect(waitedMs).toBeLessThan(standard.leaseMs + 100)
  // One that is asked to end gives the key back.
  const ended = run(false).spans
  expect(ended.map(({ instance }) => instance)).toEqual([0, 1])
  expect((ended[1]?.fromMs ?? 0) - killedMs).toBeLessThan(100)
})

test('memory is above its budget by no more than what is in use and what was opened just now', () => {
  const maxBytes = 3_000_000
  let looks = 0
  let fullest = 0
  const excess: number[] = []
  const result = runSimulation({
    ...standard,
    trace: createAccessTrace(busy),
    instances: 2,
    maxBytes,
    observe({ entries }, latest) {
      looks++
      let all = 0
      let mayStay = latest.bytes
      for (const entry of entries.values()) {
        all += entry.bytes
        if (entry.users > 0 && entry !== latest) mayStay += entry.bytes
      }
      fullest = Math.max(fullest, all)
      if (all > Math.max(maxBytes, mayStay)) excess.push(all)
    },
  })
  expect(excess).toEqual([])
  expect(looks).toBeGreaterThan(100)
  expect(numbersOf(result).closedForMemory).toBeGreaterThan(100)
  // The bound is one that matters.
  expect(fullest).toBeGreaterThan(0.9 * maxBytes)
})

test('what is in use is not closed for memory, and what was not used for longest is', () => {
  const trace = {
    ...traceOf(
      [100, 100, 100],
      [
        [0, 0],
        [5000, 1],
        // Waits for a second, since the refresh takes longer; then 2 is opened, and there is room for two.
        [10_000, 0],
        [10_050, 1],
        [10_100, 2],
        [20_000, 0],
        [20_100, 1],
      ],
    ),
    pushes: [{ atMs: 9000, repository: 0 }],
  }
  const costs = { ...standardCosts, refreshMs: 3000 }
  const run = (maxBytes: number) =>
    numbersOf(runSimulation({ ...standard, trace, costs, maxBytes, redisMaxBytes: 0, rebuildMs: 0 }))
  const one = standardCosts.openBytes + 100 * standardCosts.openBugBytes
  expect(run(2 * one)).toMatchObject({ git: 3, open: 3, local: 1, closedForMemory: 2 })
  expect(run(3 * one)).toMatchObject({ git: 3, open: 4, local: 0, closedForMemory: 0 })
})

test.each([0.9, 1, 1.1])('Zipf with exponent %s draws each rank as often as the law says', exponent => {
  const count = 1000
  const draws = 400_000
  const random = createRandom(3)
  const zipf = createZipf(count, exponent)
  const drawn = new Float64Array(count)
  for (let draw = 0; draw < draws; draw++) {
    const rank = zipf(random)
    drawn[rank] = (drawn[rank] ?? 0) + 1
  }
  const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent)
  const sum = weights.reduce((total, weight) => total + weight, 0)
  // A chi-squared sum over n ranks is about n, give or take some times its deviation, the root of 2n.
  const chiSquared = weights.reduce((total, weight, rank) => {
    const wanted = (draws * weight) / sum
    return total + ((drawn[rank] ?? 0) - wanted) ** 2 / wanted
  }, 0)
  expect(Math.abs(chiSquared - count)).toBeLessThan(5 * Math.sqrt(2 * count))
  expect((drawn[0] ?? 0) / (drawn[9] ?? 1)).toBeCloseTo(10 ** exponent, -0.5)
})

test('sizes are log-normal with a cap, and popular repositories rather large', () => {
  const options = { ...standardAccess, repositories: 20_000 }
  const sizes = [...drawSizes(options, createRandom(5))]
  const sorted = sizes.toSorted((a, b) => a - b)
  expect(sorted[10_000]).toBeGreaterThanOrEqual(7)
  expect(sorted[10_000]).toBeLessThanOrEqual(9)
  // e^2 times the median at one standard deviation.
  expect((sorted[16_827] ?? 0) / 8 / Math.exp(2)).toBeCloseTo(1, 0)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(options.maxBugs)
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1)
  const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length
  expect(mean(sizes.slice(0, 2000))).toBeGreaterThan(5 * mean(sizes.slice(-2000)))
})

test('a trace has the rates that were asked for, and crawlers walk evenly', () => {
  const options = { ...standardAccess, repositories: 1000, hours: 1 }
  const { requests, pushes, endMs } = createAccessTrace(options)
  const perSecond = (count: number) => count / (endMs / 1000)
  expect(perSecond(requests.length) / options.requestsPerSecond).toBeCloseTo(1, 1)
  expect(perSecond(pushes.length) / options.pushesPerSecond).toBeCloseTo(1, 1)
  const crawled = requests.filter(({ isCrawler }) => isCrawler)
  expect(crawled.length / requests.length).toBeCloseTo(options.crawlerShare, 1)
  expect(new Set(crawled.slice(0, 1000).map(({ repository }) => repository)).size).toBe(1000)
  expect(requests.every(({ atMs }, place) => atMs >= (requests[place - 1]?.atMs ?? 0))).toBe(true)
})

test('when an instance goes down, only its repositories move, and the others share them', () => {
  const instances = [0, 1, 2, 3].map(number => ({ number, isUp: true, load: 0 }))
  const balance = createBalancer('hash', instances)
  const place = () => Array.from({ length: 4000 }, (_, repository) => balance(repository)?.number)
  const before = place()
  for (const { number } of instances) {
    const share = before.filter(one => one === number).length
    expect(share).toBeGreaterThan(900)
    expect(share).toBeLessThan(1100)
  }
  const [, second] = instances
  if (second) second.isUp = false
  const after = place()
  const moved = before.flatMap((one, repository) => (one === after[repository] ? [] : [one]))
  expect(new Set(moved)).toEqual(new Set([1]))
  expect(new Set(after)).toEqual(new Set([0, 2, 3]))
})

test('bounded hashing passes over an instance that has more than its share', () => {
  const instances = [0, 1].map(number => ({ number, isUp: true, load: 10 }))
  const balance = createBalancer('bounded', instances)
  const chosen = balance(5)
  for (const one of instances) one.load = one === chosen ? 30 : 2
  expect(balance(5)).not.toBe(chosen)
  for (const one of instances) one.load = 10
  expect(balance(5)).toBe(chosen)
})

test('jobs share processors by their threads, and get what others leave', () => {
  const time = createVirtualTime()
  const processor = createProcessor(time, 2)
  const done: [string, number][] = []
  const run = (name: string, work: { ms: number; threads: number }) =>
    processor.run(work, () => done.push([name, time.nowMs]))
  run('two threads', { ms: 40, threads: 2 })
  run('one', { ms: 10, threads: 1 })
  run('another', { ms: 30, threads: 1 })
  while (time.nextMs < Number.POSITIVE_INFINITY) time.step()
  // Four threads at half the speed for 20 ms, three at two thirds for 15 ms, then one at its own.
  expect(done.map(([name]) => name)).toEqual(['one', 'two threads', 'another'])
  expect(done.map(([, atMs]) => atMs)).toEqual([20, 35, 45].map(ms => expect.closeTo(ms, 3)))
  expect(processor.usedMs).toBeCloseTo(80, 6)
})
