/**
 * How an instance gets what it lacks of a repository, in virtual time, with the steps of `src/cache/stored-entities.ts`:
 *
 *     gate ─► list refs ─► local store ─► Redis ─► task key ─► Redis, once more ─► git ─► state is there, gate is left
 *                                           ▲          │ held by another                     └─► Redis has it ─► key is free
 *                                           └── free ──┘
 *
 * What was read before a reading was stopped is lost here; the program would have kept it.
 */
import type { HeldKey, SimulatedKeys } from './simulated-keys.ts'
import type { Processor } from './simulated-processor.ts'
import type { SimulatedStore } from './simulated-store.ts'
import type { Tally } from './simulated-tally.ts'
import type { VirtualTime } from './simulated-time.ts'

/** Milliseconds and bytes. Those that a processor spends are marked so. */
export interface ReadingCosts {
  /** Processor: opening, whatever there is. */
  readonly openMs: number
  /** Processor: a refresh, whatever has moved. */
  readonly refreshMs: number
  /** Processor: a bug out of a store. */
  readonly storedBugMs: number
  /** Processor: a bug out of git. */
  readonly gitBugMs: number
  /** Of the network, and of the server. */
  readonly redisMs: number
  readonly redisBugMs: number
  /** Record and texts, as they are kept here and go over the network. */
  readonly storedBugBytes: number
  /** The same in the memory of Redis. */
  readonly redisBugBytes: number
  /** Bugs from which on all processors read. */
  readonly threadsFromBugs: number
}

export type Source = 'local' | 'redis' | 'git'

export interface ReadingDeps {
  readonly instance: number
  readonly time: VirtualTime
  readonly processor: Processor
  readonly processors: number
  readonly maxBuilds: number
  readonly costs: ReadingCosts
  readonly local: SimulatedStore
  readonly redis: SimulatedStore | undefined
  readonly keys: SimulatedKeys | undefined
  readonly tally: Tally
  bugsOf(repository: number): number
  /** The state that the refs have now. */
  versionOf(repository: number): number
}

export interface Wanted {
  readonly repository: number
  /** State that is in memory; -1 where there is none. */
  readonly have: number
  done(version: number, source: Source): void
}

export interface Reading {
  /** @param isKilled whether the instance is: then it gives no key back */
  stop(isKilled: boolean): void
}

/** Makes what reads for one instance, some repositories at the same time. */
export function createReader(deps: ReadingDeps): (wanted: Wanted) => Reading {
  let running = 0
  const queue: Work[] = []
  const leave = () => {
    running--
    enter()
  }
  const enter = () => {
    const next = running < deps.maxBuilds ? queue.shift() : undefined
    if (!next) return
    running++
    next.begin()
  }
  return wanted => {
    const work = new Work(wanted, deps, leave)
    queue.push(work)
    enter()
    return {
      stop(isKilled) {
        const place = queue.indexOf(work)
        if (place >= 0) queue.splice(place, 1)
        work.stop(isKilled)
      },
    }
  }
}

class Work {
  readonly #wanted: Wanted
  readonly #deps: ReadingDeps
  readonly #leave: () => void
  readonly #bugs: number
  #version = 0
  /** The latest state of which nothing is missing here. */
  #known: number
  #unpacked = 0
  #source: Source = 'local'
  #key: HeldKey | undefined
  #isInside = false
  #isReadingGit = false
  /** Ends the step that goes on. */
  #cancel = () => {}

  constructor(wanted: Wanted, deps: ReadingDeps, leave: () => void) {
    this.#wanted = wanted
    this.#deps = deps
    this.#leave = leave
    this.#bugs = deps.bugsOf(wanted.repository)
    this.#known = wanted.have
  }

  begin() {
    const { processor, costs } = this.#deps
    this.#isInside = true
    const ms = this.#wanted.have < 0 ? costs.openMs : costs.refreshMs
    this.#cancel = processor.run({ ms, threads: 1 }, () => this.#listed())
  }

  stop(isKilled: boolean) {
    this.#cancel()
    this.#endGit()
    if (this.#key && isKilled) this.#deps.keys?.abandon(this.#key)
    else if (this.#key) this.#deps.keys?.giveBack(this.#key)
    this.#key = undefined
    if (this.#isInside) this.#leave()
    this.#isInside = false
  }

  #listed() {
    const { local, redis } = this.#deps
    const { repository } = this.#wanted
    this.#version = this.#deps.versionOf(repository)
    this.#find(local.versionOf(repository))
    if (this.#missing === 0) this.#unpack()
    else if (redis) this.#askRedis(() => this.#takeKey())
    else this.#readGit()
  }

  /** Bugs whose tips have moved since, or all of them. */
  get #missing(): number {
    return this.#known < 0 ? this.#bugs : Math.min(this.#bugs, this.#version - this.#known)
  }

  /** @returns how many bugs more there are */
  #find(version: number): number {
    const before = this.#missing
    this.#known = Math.max(this.#known, Math.min(version, this.#version))
    const found = before - this.#missing
    this.#unpacked += found
    return found
  }

  #askRedis(otherwise: () => void) {
    const { redis, local, costs, tally, time } = this.#deps
    const { repository } = this.#wanted
    const ms = costs.redisMs + costs.redisBugMs * this.#missing
    this.#cancel = time.after(ms, () => {
      const found = this.#find(redis?.versionOf(repository) ?? -1)
      if (found > 0) {
        const bytes = found * costs.storedBugBytes
        local.put(repository, { version: this.#known, bytes })
        tally.numbers.redisOutBytes += bytes
        this.#source = 'redis'
      }
      if (this.#missing === 0) this.#unpack()
      else otherwise()
    })
  }

  #takeKey() {
    const { keys, time, costs } = this.#deps
    if (!keys) return this.#readGit()
    this.#cancel = time.after(costs.redisMs, () => {
      this.#key = keys.tryTake(this.#wanted.repository)
      if (this.#key) this.#askRedis(() => this.#readGit())
      else this.#cancel = keys.whenFree(this.#wanted.repository, () => this.#askRedis(() => this.#takeKey()))
    })
  }

  #readGit() {
    const { processor, processors, costs, tally, instance } = this.#deps
    const { repository } = this.#wanted
    const bugs = this.#missing
    const isFirst = this.#wanted.have < 0
    this.#source = 'git'
    this.#isReadingGit = true
    tally.beginGit({ instance, repository, version: this.#version, bugs, isFirst })
    const threads = bugs < costs.threadsFromBugs ? 1 : processors
    const ms = bugs * costs.gitBugMs + this.#unpacked * costs.storedBugMs
    this.#cancel = processor.run({ ms, threads }, () => this.#gitRead(bugs))
  }

  #gitRead(bugs: number) {
    const { local, redis, keys, costs, time, tally } = this.#deps
    const { repository } = this.#wanted
    const put = { version: this.#version, bytes: bugs * costs.storedBugBytes }
    this.#endGit()
    local.put(repository, put)
    tally.finishGit(repository, this.#version)
    const key = this.#key
    this.#key = undefined
    if (redis) {
      tally.numbers.redisInBytes += put.bytes
      time.after(costs.redisMs + bugs * costs.redisBugMs, () => {
        redis.put(repository, { ...put, bytes: bugs * costs.redisBugBytes })
        if (key) keys?.giveBack(key)
      })
    }
    this.#finish()
  }

  #endGit() {
    if (this.#isReadingGit) this.#deps.tally.endGit(this.#deps.instance, this.#wanted.repository)
    this.#isReadingGit = false
  }

  #unpack() {
    const { processor, costs, keys } = this.#deps
    if (this.#key) keys?.giveBack(this.#key)
    this.#key = undefined
    const ms = this.#unpacked * costs.storedBugMs
    this.#cancel = processor.run({ ms, threads: 1 }, () => this.#finish())
  }

  #finish() {
    this.#isInside = false
    this.#leave()
    this.#wanted.done(this.#version, this.#source)
  }
}
