/**
 * Who asks for which repository when, in virtual time and from a seed: readers in sessions, whose repositories are as
 * unevenly popular as Zipf's law says; crawlers, who walk everything evenly and do not come back; pushes, in proportion
 * to popularity. Repositories are numbers, and the most popular one is 0. The same options give the same trace.
 */
import { createRandom, type Random } from './random.ts'

export interface AccessOptions {
  readonly seed: number
  readonly repositories: number
  /** Half of the repositories have fewer bugs. */
  readonly medianBugs: number
  /** Standard deviation of the logarithm of their number. */
  readonly spreadOfBugs: number
  readonly maxBugs: number
  /** How far the popular ones are the large ones: 0 not at all, 1 in the same order. */
  readonly sizeFollowsPopularity: number
  readonly zipfExponent: number
  readonly hours: number
  /** Of readers and crawlers together, on the mean. */
  readonly requestsPerSecond: number
  /** Of the requests, from 0 to 1. */
  readonly crawlerShare: number
  /** On the mean, all of one repository. */
  readonly requestsOfSession: number
  /** Between two requests of a session: half of the times are shorter. */
  readonly medianThinkMs: number
  /** Pages that are not in memory as they are, and have to be made; from 0 to 1. */
  readonly renderedShare: number
  /** Each moves the tip of one bug. */
  readonly pushesPerSecond: number
  /** How much more than the mean is asked for at the busiest time of the day, from 0 to 1: 0 is an even day. */
  readonly dayCurve: number
}

/** Assumptions, and no measurements: `docs/scaling.md` says where they come from. */
export const standardAccess: AccessOptions = {
  seed: 1,
  repositories: 100_000,
  medianBugs: 8,
  spreadOfBugs: 2,
  maxBugs: 50_000,
  sizeFollowsPopularity: 0.6,
  zipfExponent: 1,
  hours: 2,
  requestsPerSecond: 40,
  crawlerShare: 0.1,
  requestsOfSession: 5,
  medianThinkMs: 12_000,
  renderedShare: 0.4,
  pushesPerSecond: 0.5,
  dayCurve: 0,
}

export interface Request {
  readonly atMs: number
  readonly repository: number
  readonly isCrawler: boolean
  /** Whether the page has to be made. */
  readonly isRendered: boolean
}

export interface Push {
  readonly atMs: number
  readonly repository: number
}

export interface AccessTrace {
  /** Of each repository. */
  readonly bugs: Int32Array
  /** Both in the order of time. */
  readonly requests: readonly Request[]
  readonly pushes: readonly Push[]
  readonly endMs: number
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Draws numbers from 0 on: the one of rank n (from 1) with a frequency in proportion to 1 / n^exponent. */
export function createZipf(count: number, exponent: number): (random: Random) => number {
  const sums = new Float64Array(count)
  let sum = 0
  for (let rank = 1; rank <= count; rank++) {
    sum += rank ** -exponent
    sums[rank - 1] = sum
  }
  return random => {
    const wanted = random.next() * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Bugs of each repository, log-normal, the popular ones rather the large ones. */
export function drawSizes(options: AccessOptions, random: Random): Int32Array {
  const normal = () => Math.log(random.longTail(1, 1))
  const byPopularity = Float64Array.from({ length: options.repositories }, normal).sort().reverse()
  const follows = options.sizeFollowsPopularity
  return Int32Array.from(byPopularity, popular => {
    const mixed = follows * popular + Math.sqrt(1 - follows ** 2) * normal()
    const bugs = Math.round(options.medianBugs * Math.exp(options.spreadOfBugs * mixed))
    return Math.min(options.maxBugs, Math.max(1, bugs))
  })
}

/** Makes the trace. */
export function createAccessTrace(options: AccessOptions): AccessTrace {
  const random = createRandom(options.seed)
  const bugs = drawSizes(options, random)
  const endMs = options.hours * hourMs
  const zipf = createZipf(options.repositories, options.zipfExponent)
  const { requestsPerSecond, crawlerShare, requestsOfSession, renderedShare } = options
  const requests: Request[] = []
  const ask = (atMs: number, repository: number, isCrawler: boolean) => {
    if (atMs < endMs) requests.push({ atMs, repository, isCrawler, isRendered: random.chance(renderedShare) })
  }
  const sessionsPerSecond = (requestsPerSecond * (1 - crawlerShare)) / requestsOfSession
  for (const startMs of drawTimes(options, sessionsPerSecond, random)) {
    const repository = zipf(random)
    let atMs = startMs
    do {
      ask(atMs, repository, false)
      atMs += random.longTail(options.medianThinkMs, 1)
    } while (random.chance(1 - 1 / requestsOfSession))
  }
  const walk = shuffled(options.repositories, random)
  let step = 0
  for (const atMs of drawTimes(options, requestsPerSecond * crawlerShare, random)) {
    ask(atMs, walk[step++ % walk.length] ?? 0, true)
  }
  const pushes = drawTimes(options, options.pushesPerSecond, random).map(atMs => ({ atMs, repository: zipf(random) }))
  return { bugs, requests: requests.sort((a, b) => a.atMs - b.atMs), pushes, endMs }
}

/** Times of events that know nothing of each other, more of them in the middle of a day than at night. */
function drawTimes({ hours, dayCurve }: AccessOptions, perSecond: number, random: Random): number[] {
  const times: number[] = []
  const highest = perSecond * (1 + dayCurve)
  if (highest === 0) return times
  for (let atMs = 0; ; ) {
    atMs += (-Math.log(1 - random.next()) / highest) * 1000
    if (atMs >= hours * hourMs) return times
    const here = 1 - dayCurve * Math.cos((2 * Math.PI * atMs) / dayMs)
    if (random.next() * (1 + dayCurve) < here) times.push(atMs)
  }
}

function shuffled(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index)
  for (let left = count - 1; left > 0; left--) {
    const other = random.below(left + 1)
    const moved = order[left] ?? 0
    order[left] = order[other] ?? 0
    order[other] = moved
  }
  return order
}
