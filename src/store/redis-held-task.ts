/** One key that this process holds in Redis: its lease is renewed until it is given back or lost. */
import type { Clock, Timer } from '../base/clock.ts'
import type { RedisConnection } from './redis-connection.ts'
import type { RedisFaults } from './redis-faults.ts'
import { createRedisScript, runRedisScript } from './redis-script.ts'
import type { HeldTask, TaskProgress } from './task-keys.ts'

export interface TakenKey {
  readonly key: string
  /** What is published when it is free, and where. */
  readonly name: string
  readonly channel: string
  readonly token: string
  /** When it was asked for, by the clock: the lease is over at most so long after it. */
  readonly takenAtMs: number
}

interface HolderDeps {
  readonly connection: RedisConnection
  readonly faults: RedisFaults
  readonly clock: Clock
  readonly leaseMs: number
  /** The key was given back or lost. */
  onEnd(): void
  /** It could not be given back: the server may have it until its lease is over. */
  onKept(): void
}

/** Progress goes out this long after it was told. */
const reportMs = 1000

// A value begins with the token of its holder. A key that is gone has no holder: it is taken again.
const renewScript = createRedisScript(`
local value = redis.call('GET', KEYS[1])
if value and string.sub(value, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
return 1`)

const giveBackScript = createRedisScript(`
local value = redis.call('GET', KEYS[1])
if not value or string.sub(value, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1`)

/** Lets go of a key, where it is ours. @throws RedisUnavailable, RedisRefusal */
export async function giveBackKey(connection: RedisConnection, { key, name, channel, token }: TakenKey): Promise<void> {
  await runRedisScript(connection, giveBackScript, { key, args: [token, channel, name] })
}

export function openRedisTask(taken: TakenKey, deps: HolderDeps): HeldTask {
  return new RedisTask(taken, deps)
}

class RedisTask implements HeldTask {
  readonly #taken: TakenKey
  readonly #deps: HolderDeps
  readonly #lost = new AbortController()
  #progress = ''
  #renewal: Timer
  #report: Timer | undefined
  /** Fires when the lease is over by this clock. */
  #leaseEnd: Timer
  #renewing: Promise<void> = Promise.resolve()
  #disposal: Promise<void> | undefined

  constructor(taken: TakenKey, deps: HolderDeps) {
    this.#taken = taken
    this.#deps = deps
    this.#renewal = this.#renewLater()
    this.#leaseEnd = this.#startLease(taken.takenAtMs)
  }

  get lost() {
    return this.#lost.signal
  }

  report({ done, total }: TaskProgress) {
    this.#progress = ` ${Math.max(0, Math.round(done))} ${Math.max(0, Math.round(total))}`
    if (this.#report || this.#isOver) return
    const delayMs = Math.min(reportMs, this.#deps.leaseMs / 3)
    this.#report = this.#deps.clock.startTimer(delayMs, () => this.#renew())
  }

  [Symbol.asyncDispose]() {
    this.#disposal ??= this.#giveBack()
    return this.#disposal
  }

  get #isOver() {
    return this.#lost.signal.aborted || this.#disposal !== undefined
  }

  #renewLater(): Timer {
    return this.#deps.clock.startTimer(this.#deps.leaseMs / 3, () => this.#renew())
  }

  #startLease(fromMs: number): Timer {
    const { clock, leaseMs } = this.#deps
    return clock.startTimer(Math.max(0, fromMs + leaseMs - clock.monotonicMs()), () => this.#lose())
  }

  /** One at a time: a server that is slow would otherwise be asked again and again. */
  #renew(): void {
    this.#renewal.cancel()
    this.#report?.cancel()
    this.#report = undefined
    this.#renewing = this.#renewing.then(() => this.#renewNow())
  }

  async #renewNow(): Promise<void> {
    if (this.#isOver) return
    const { connection, faults, clock, leaseMs } = this.#deps
    const { key, token } = this.#taken
    const askedAtMs = clock.monotonicMs()
    let isOurs = true
    let isRenewed = false
    try {
      const args = [token, this.#progress, String(leaseMs)]
      isOurs = (await runRedisScript(connection, renewScript, { key, args })) === 1
      isRenewed = isOurs
      faults.worked()
    } catch (error) {
      faults.failed(error)
    }
    if (this.#isOver) return
    if (!isOurs) return this.#lose()
    if (isRenewed) {
      this.#leaseEnd.cancel()
      this.#leaseEnd = this.#startLease(askedAtMs)
    }
    this.#renewal.cancel()
    this.#renewal = this.#renewLater()
  }

  #lose(): void {
    if (this.#isOver) return
    this.#stop()
    this.#lost.abort(new DOMException('another one may have begun the same work', 'AbortError'))
    this.#deps.onEnd()
  }

  #stop(): void {
    this.#renewal.cancel()
    this.#report?.cancel()
    this.#leaseEnd.cancel()
  }

  async #giveBack(): Promise<void> {
    const { connection, faults, onEnd, onKept } = this.#deps
    this.#stop()
    onEnd()
    // A renewal that comes after it would take the key again.
    await this.#renewing
    try {
      await giveBackKey(connection, this.#taken)
      faults.worked()
    } catch (error) {
      faults.failed(error)
      onKept()
    }
  }
}
