/**
 * Runs one trace of requests against some instances, in virtual time. The same options give the same result, to the
 * last digit. Every request is answered exactly once, however often it was sent.
 */
import type { AccessTrace, Request } from './access.ts'
import { type BalancerKind, createBalancer } from './simulated-balancer.ts'
import {
  type InstanceCosts,
  type InstanceOptions,
  type OpenEntry,
  SimulatedInstance,
  type Surroundings,
} from './simulated-instance.ts'
import { createSimulatedKeys } from './simulated-keys.ts'
import { createSimulatedStore } from './simulated-store.ts'
import { type GitSpan, type Numbers, Tally } from './simulated-tally.ts'
import { createVirtualTime } from './simulated-time.ts'

export interface Outage {
  readonly instance: number
  readonly atMs: number
  readonly downMs: number
  /** Whether it is killed, and not asked to end. */
  readonly isKilled: boolean
  /** Whether its data folder is empty when it is back. */
  readonly losesStore: boolean
}

export interface SimulationOptions extends InstanceOptions {
  readonly trace: AccessTrace
  readonly instances: number
  readonly balancer: BalancerKind
  /** `maxmemory`; 0 is no Redis. */
  readonly redisMaxBytes: number
  /** Whether those who share Redis read a repository one at a time, as the program does. */
  readonly hasTaskKeys: boolean
  readonly leaseMs: number
  readonly outages: readonly Outage[]
  /** When everything is looked at, beside the end. */
  readonly marksMs: readonly number[]
  /** Looks at an instance each time that it has made room for what it has opened. */
  readonly observe?: (instance: SimulatedInstance, latest: OpenEntry) => void
}

/** All that was counted until a moment. */
export interface Mark {
  readonly atMs: number
  readonly numbers: Numbers
  readonly answers: number
  /** Of each instance. */
  readonly usedMs: readonly number[]
}

export interface SimulationResult {
  /** As they were asked for, and the end. */
  readonly marks: readonly Mark[]
  /** Of all answers, in the order of answering. */
  readonly waitsMs: readonly number[]
  /** Readings from git. */
  readonly spans: readonly GitSpan[]
  /** Of each instance: open repositories. */
  readonly mostBytes: readonly number[]
  /** Of each instance: local store. */
  readonly storedBytes: readonly number[]
  readonly redisBytes: number
}

const megabyte = 1024 ** 2

/** Measured on this project, on two cores; `docs/scaling.md` says which are not. */
export const standardCosts: InstanceCosts = {
  openMs: 15,
  refreshMs: 48,
  storedBugMs: 0.02,
  gitBugMs: 0.6,
  redisMs: 1,
  redisBugMs: 0.007,
  storedBugBytes: 2150,
  redisBugBytes: 3000,
  threadsFromBugs: 2048,
  keptPageMs: 0.1,
  renderedPageMs: 1.5,
  listMs: 8,
  openBytes: 20_000,
  openBugBytes: 1400,
}

/** The program's own defaults, where it has such a setting. */
export const standardSimulation = {
  processors: 2,
  maxBytes: 1024 * megabyte,
  idleMs: 600_000,
  maxBuilds: 16,
  localMaxBytes: 2048 * megabyte,
  rebuildMs: 300_000,
  costs: standardCosts,
  redisMaxBytes: 16 * 1024 * megabyte,
  hasTaskKeys: true,
  leaseMs: 300_000,
  outages: [],
  marksMs: [],
} satisfies Partial<SimulationOptions>

const newsMs = 1
const tryAgainMs = 1000
/** Nobody waits for that long. */
const longestMs = 86_400_000

export function runSimulation(options: SimulationOptions): SimulationResult {
  const { trace } = options
  const time = createVirtualTime()
  const tally = new Tally(() => time.nowMs)
  const redis = options.redisMaxBytes > 0 ? createSimulatedStore(options.redisMaxBytes) : undefined
  const versions = new Int32Array(trace.bugs.length)
  const instances: SimulatedInstance[] = []
  const around: Surroundings = {
    time,
    tally,
    redis,
    keys: redis && options.hasTaskKeys ? createSimulatedKeys(time, options.leaseMs) : undefined,
    bugsOf: repository => trace.bugs[repository] ?? 0,
    versionOf: repository => versions[repository] ?? 0,
    route,
    tell(from, repository, version) {
      if (!redis) return
      time.after(newsMs, () => {
        for (const one of instances) if (one.number !== from && one.isUp) one.heard(repository, version)
      })
    },
    observe: (instance, latest) => options.observe?.(instance, latest),
  }
  for (let number = 0; number < options.instances; number++) {
    instances.push(new SimulatedInstance(number, options, around))
  }
  const balance = createBalancer(options.balancer, instances)

  function route(request: Request) {
    const instance = balance(request.repository)
    if (instance) return instance.ask(request)
    tally.numbers.moved++
    time.after(tryAgainMs, () => route(request))
  }
  const marks: Mark[] = []
  const mark = () => {
    const usedMs = instances.map(one => one.usedMs)
    marks.push({ atMs: time.nowMs, numbers: { ...tally.numbers }, answers: tally.waitsMs.length, usedMs })
  }
  for (const atMs of options.marksMs) time.after(atMs, mark)
  for (const outage of options.outages) time.after(outage.atMs, () => takeDown(outage))

  function takeDown(outage: Outage) {
    const instance = instances[outage.instance]
    const requests = instance?.stop(outage) ?? []
    tally.numbers.moved += requests.length
    for (const request of requests) route(request)
    time.after(outage.downMs, () => instance?.start())
  }
  let pushed = 0
  let asked = 0
  while (asked < trace.requests.length || tally.waitsMs.length < asked || time.nowMs < trace.endMs) {
    const push = trace.pushes[pushed]
    const request = trace.requests[asked]
    const pushMs = push?.atMs ?? Number.POSITIVE_INFINITY
    const requestMs = request?.atMs ?? Number.POSITIVE_INFINITY
    const nextMs = Math.min(pushMs, requestMs, time.nextMs)
    const isLate = nextMs === Number.POSITIVE_INFINITY ? time.nowMs >= trace.endMs : nextMs > trace.endMs + longestMs
    if (isLate) throw new Error(`${asked - tally.waitsMs.length} requests are left unanswered`)
    if (time.nextMs === nextMs && nextMs < Number.POSITIVE_INFINITY) time.step()
    else if (push && pushMs <= requestMs) {
      time.passTo(pushMs)
      versions[push.repository] = (versions[push.repository] ?? 0) + 1
      pushed++
    } else if (request) {
      time.passTo(requestMs)
      asked++
      route(request)
    } else time.passTo(trace.endMs)
  }
  mark()
  return {
    marks,
    waitsMs: tally.waitsMs,
    spans: tally.spans,
    mostBytes: instances.map(one => one.mostBytes),
    storedBytes: instances.map(one => one.storedBytes),
    redisBytes: redis?.mostBytes ?? 0,
  }
}
