/**
 * One connection to a Redis server. It is made in the background and made again whenever it is lost:
 *
 *     connecting ──► connected ──► lost ──► pause (100 ms, twice as long each time, 3 s at most) ──► connecting …
 *         └── refused, or no answer in time ──┘
 *
 * Promises that nothing waits for a server: without a connection commands fail at once (but for the first attempt, which
 * is waited for, so that a start finds what is there), with one they have a time limit, and a server that says nothing at
 * all within that limit is hung up on, for its later answers belong to nobody. A ping now and then finds that out where
 * nobody asks anything. Failures are rejections of the calls and nothing else: no unhandled error, one log line when the
 * connection is lost and one when it is there again.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { waitFor } from '../base/single-flight.ts'
import { describeAddress, type RedisAddress, readClientOptions, reasonOf } from './redis-options.ts'

type RedisPackage = typeof import('@redis/client')
/** What is used of the package's client, whose own type depends on all its options. */
interface RedisClient {
  on(event: 'error' | 'connect', listener: (error: unknown) => void): unknown
  connect(): Promise<unknown>
  sendCommand<T>(command: RedisCommand): Promise<T>
  subscribe(channel: string, listener: (message: string) => void): Promise<void>
  destroy(): void
}

/** Name and arguments. */
export type RedisCommand = readonly (string | Buffer)[]
/** Texts are bytes, but for the server's own words such as OK. */
export type RedisReply = Buffer | string | number | null | readonly RedisReply[]

export interface RedisConnection extends AsyncDisposable {
  readonly timeoutMs: number
  readonly isConnected: boolean
  /** Settles when the first attempt to connect has ended, however it did, or takes longer than the limit. */
  attempted(signal?: AbortSignal): Promise<void>
  /**
   * Sends commands together; they are carried out in this order, but not as one.
   * @returns their answers in order, the server's refusals among them as `RedisRefusal`
   * @throws RedisUnavailable where they are not all answered in time
   */
  send(commands: readonly RedisCommand[], signal?: AbortSignal): Promise<readonly (RedisReply | RedisRefusal)[]>
  /**
   * Hears what is published to a channel, from now until the connection ends, across reconnections.
   * @param listener.subscribed is called each time it has begun; `gap` is true where the connection was not there before
   */
  subscribe(channel: string, listener: ChannelListener): void
  /** Calls it each time there is a connection again after one that was lost, or could not be made. */
  whenBack(run: () => void): void
}

export interface ChannelListener {
  message(text: string): void
  subscribed?(gap: boolean): void
}

/** The server is not there, or does not answer. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable'
}

/** The server answered that it will not do this. */
export class RedisRefusal extends Error {
  override readonly name = 'RedisRefusal'
  /** The server's own code, such as OOM or WRONGTYPE. */
  readonly code: string

  constructor(code: string) {
    super(`redis refused a command: ${code}`)
    this.code = code
  }
}

/** The answer, where it is not a refusal. @throws RedisRefusal */
export function accepted(reply: RedisReply | RedisRefusal | undefined): RedisReply {
  if (reply instanceof RedisRefusal) throw reply
  return reply ?? null
}

interface ConnectionDeps {
  readonly clock: Clock
  readonly log: Log
}

/** One attempt to connect, and the connection where it came about. */
interface Link {
  client: RedisClient | undefined
  ErrorReply: RedisPackage['ErrorReply'] | undefined
  isReady: boolean
  readySinceMs: number
  /** How many answers came; where it stands still for too long, the server is silent. */
  answers: number
  timer: Timer | undefined
}

const firstPauseMs = 100
/** With what chance adds to it, and the time to connect, a server that is back is found within five seconds. */
const longestPauseMs = 3000
/** A connection that lived this long was a good one: the next pause is the first again. */
const goodAfterMs = 10_000
const pingMs = 15_000
/** Connecting takes several answers, and a name to look up. */
const shortestConnectMs = 2000
/** Reasons that go away by themselves, or come with a server that is not there. All others are told when they come up. */
const passingReason =
  /^(?:E(?:CONN\w+|TIMEDOUT|PIPE|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN|NOTFOUND)|EAI_AGAIN|NO_ANSWER|LOADING|\w+Error)$/
const maxReasons = 5

/** Begins to connect. */
export function createRedisConnection(address: RedisAddress, deps: ConnectionDeps): RedisConnection {
  return new Connection(address, deps)
}

class Connection implements RedisConnection {
  readonly #address: RedisAddress
  readonly #deps: ConnectionDeps
  readonly #channels: { readonly channel: string; readonly listener: ChannelListener }[] = []
  readonly #whenBack: (() => void)[] = []
  #link: Link | undefined
  /** Settles when nothing waits for the first attempt any more. */
  readonly #first = Promise.withResolvers<void>()
  #isFirst = true
  #pauseMs = firstPauseMs
  #pause: Timer | undefined
  /** True from the first failure on until there is a connection. */
  #isLost = false
  /** What was logged of the present loss. */
  readonly #reasons = new Set<string>()
  #disposed = false

  constructor(address: RedisAddress, deps: ConnectionDeps) {
    this.#address = address
    this.#deps = deps
    void this.#connect()
  }

  get timeoutMs() {
    return this.#address.timeoutMs
  }

  get isConnected() {
    return this.#link?.isReady === true
  }

  async attempted(signal?: AbortSignal) {
    if (!this.#isFirst) return
    const timer = this.#deps.clock.startTimer(this.timeoutMs, () => this.#endFirst())
    await waitFor(this.#first.promise, signal).finally(() => timer.cancel())
  }

  async send(commands: readonly RedisCommand[], signal?: AbortSignal) {
    if (this.#isFirst) await this.attempted(signal)
    signal?.throwIfAborted()
    const link = this.#link
    if (link?.isReady !== true) throw new RedisUnavailable('redis is not connected')
    const { answers } = link
    const answered = Promise.all(commands.map(command => ask(link, command)))
    // Whoever stops waiting leaves it behind.
    answered.catch(() => {})
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = this.#deps.clock.startTimer(this.timeoutMs, () => {
      reject(new RedisUnavailable(`redis did not answer within ${this.timeoutMs} ms`))
      if (link.answers === answers) this.#lose(link, 'NO_ANSWER')
    })
    return await waitFor(Promise.race([answered, late]), signal).finally(() => timer.cancel())
  }

  subscribe(channel: string, listener: ChannelListener) {
    this.#channels.push({ channel, listener })
    if (this.#link?.isReady === true) void this.#subscribe(this.#link, { channel, listener, gap: false })
  }

  whenBack(run: () => void) {
    this.#whenBack.push(run)
  }

  async [Symbol.asyncDispose]() {
    this.#disposed = true
    this.#pause?.cancel()
    const link = this.#link
    this.#link = undefined
    this.#endFirst()
    if (link) end(link)
  }

  async #connect(): Promise<void> {
    const { clock } = this.#deps
    const connectMs = Math.max(this.timeoutMs * 2, shortestConnectMs)
    const link: Link = {
      client: undefined,
      ErrorReply: undefined,
      isReady: false,
      readySinceMs: 0,
      answers: 0,
      // A server that takes the connection and says nothing would be waited for for ever.
      timer: clock.startTimer(connectMs, () => this.#lose(link, 'NO_ANSWER')),
    }
    this.#link = link
    try {
      const [redis, options] = await Promise.all([import('@redis/client'), readClientOptions(this.#address, connectMs)])
      if (this.#link !== link) return
      const commandOptions = { typeMapping: { [redis.RESP_TYPES.BLOB_STRING]: Buffer } }
      const client: RedisClient = redis.createClient({ ...options, commandOptions })
      link.client = client
      link.ErrorReply = redis.ErrorReply
      client.on('error', (error: unknown) => this.#lose(link, error))
      // Given up while its socket was being made, which nothing can end before.
      client.on('connect', () => {
        if (this.#link !== link) client.destroy()
      })
      await client.connect()
    } catch (error) {
      this.#lose(link, error)
    }
    // It was given up meanwhile, and has come about nevertheless.
    if (this.#link !== link) end(link)
    else this.#begin(link)
  }

  #begin(link: Link): void {
    const gap = this.#isLost
    link.timer?.cancel()
    link.isReady = true
    link.readySinceMs = this.#deps.clock.monotonicMs()
    this.#isLost = false
    this.#reasons.clear()
    this.#deps.log.info({ redis: describeAddress(this.#address) }, gap ? 'redis is there again' : 'redis is connected')
    this.#endFirst()
    for (const channel of this.#channels) void this.#subscribe(link, { ...channel, gap })
    this.#pingLater(link)
    if (gap) for (const run of this.#whenBack) run()
  }

  #pingLater(link: Link): void {
    const ping = async () => {
      await this.send([['PING']]).catch(() => {})
      if (this.#link === link) this.#pingLater(link)
    }
    link.timer = this.#deps.clock.startTimer(pingMs, () => void ping())
  }

  async #subscribe(
    { client }: Link,
    { channel, listener, gap }: { channel: string; listener: ChannelListener; gap: boolean },
  ): Promise<void> {
    try {
      await client?.subscribe(channel, (text: string) => listener.message(text))
      listener.subscribed?.(gap)
    } catch (error) {
      // A lost connection says so itself; what remains is a server that does not allow it.
      const reason = reasonOf(error)
      if (!passingReason.test(reason)) this.#deps.log.warn({ channel, reason }, 'redis does not let this server listen')
    }
  }

  #endFirst(): void {
    this.#isFirst = false
    this.#first.resolve()
  }

  /** The attempt has failed, or the connection is over. */
  #lose(link: Link, cause: unknown): void {
    if (this.#link !== link) return
    const { clock, log } = this.#deps
    this.#link = undefined
    end(link)
    this.#endFirst()
    if (this.#disposed) return

    const reason = typeof cause === 'string' ? cause : reasonOf(cause)
    const fields = { redis: describeAddress(this.#address), reason }
    if (!this.#isLost) log.warn(fields, 'redis is not there; work goes on without it')
    else if (!passingReason.test(reason) && !this.#reasons.has(reason) && this.#reasons.size < maxReasons) {
      log.warn(fields, 'redis cannot be used')
    } else log.debug(fields, 'redis is still not there')
    this.#isLost = true
    this.#reasons.add(reason)

    if (link.isReady && clock.monotonicMs() - link.readySinceMs >= goodAfterMs) this.#pauseMs = firstPauseMs
    // Instances that lost the same server do not come back at the same moment.
    const pauseMs = this.#pauseMs * (0.75 + Math.random() / 2)
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs)
    this.#pause = clock.startTimer(pauseMs, () => void this.#connect())
  }
}

/** Ends a connection at once; commands that wait for answers fail. */
function end({ client, timer }: Link): void {
  timer?.cancel()
  client?.destroy()
}

async function ask(link: Link, command: RedisCommand): Promise<RedisReply | RedisRefusal> {
  const { client, ErrorReply } = link
  if (!client || !ErrorReply) throw new RedisUnavailable('redis is not connected')
  try {
    const reply = await client.sendCommand<RedisReply>(command)
    link.answers++
    return reply
  } catch (error) {
    if (!(error instanceof ErrorReply)) throw new RedisUnavailable('redis is not connected any more', { cause: error })
    link.answers++
    return new RedisRefusal(reasonOf(error))
  }
}
