/**
 * Reads objects of one repository through one long-lived `git cat-file` process.
 *
 *     read(a) read(b) read(c)          one tick: one write, one `flush`
 *        │       │       │
 *        ▼       ▼       ▼
 *     waiting ──► window (asked, not answered) ──► answers come back in the order of the questions
 *
 * It promises: requests are pipelined, a bounded number of them at a time; the process starts with the first request
 * and is ended after some idle time; a missing object is `undefined`; an object over the size limit is skipped, not
 * stored. A process whose answers do not match the questions, or that falls silent, is killed, its questions are
 * refused, and the next one gets a fresh process: a protocol in doubt is never used again. git dies of an object that
 * is damaged; only the question it died of is refused then, the others are put to a fresh process. Where a signal ended
 * git, somebody may have sent it: that question is asked once more. Where git ended without an answer, the next process
 * is asked for something first that any git can answer: if it does not, git is at fault and no object. And a process
 * that has run for a while is not believed that an object is missing: it may look into a folder that was moved away, or
 * have given up a pack that was mended since.
 */
import type { Timer } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import { type Request, CatFileSession as Session } from './cat-file-session.ts'
import { isObjectHash } from './hash.ts'
import type { IdleProcesses } from './idle-processes.ts'
import type { GitSetup } from './process.ts'

export interface GitObject {
  readonly type: string
  /** Bytes of the object, also where they were not kept. */
  readonly size: number
  /** Undefined where the object is larger than the limit of the request. */
  readonly bytes: Buffer | undefined
}

export interface ObjectReaderOptions {
  /** `command` needs git 2.36 and answers in batches; `plain` is what older ones have. */
  readonly protocol: 'command' | 'plain'
  /** The process is ended when nothing was asked for this long. */
  readonly idleMs: number
  /** Requests that may be asked and not yet answered. */
  readonly window?: number
  /** Bounds the processes of all readers that have nothing to do. */
  readonly idle?: IdleProcesses
}

export interface ObjectReader extends AsyncDisposable {
  /**
   * Reads one object; call it many times at once rather than one after the other.
   * @param hash a full object name
   * @param maxBytes a larger object comes back without its bytes
   * @returns undefined where the repository has no such object
   * @throws OBJECT_UNREADABLE where this object is damaged; other codes where the repository or git is at fault
   */
  read(hash: string, maxBytes: number): Promise<GitObject | undefined>
  /** The same without a promise, for those who read by the ten thousand. `done` is called once, and never at once. */
  request(hash: string, maxBytes: number, done: ObjectCallback): void
  /** Starts the process ahead of the first question, which is known to come: it is ready by then. */
  warmUp(): void
  /** Processes that run now: 0 or 1. */
  readonly processes: number
}

/** Gets the object, undefined where there is none, or why that cannot be told. */
export type ObjectCallback = (error: unknown, object: GitObject | undefined) => void

/** A reader for the repository in `folder`. Starts nothing yet. */
export function createObjectReader(setup: GitSetup, folder: string, options: ObjectReaderOptions): ObjectReader {
  return new CatFileReader(setup, folder, options)
}

class CatFileReader implements ObjectReader {
  readonly #setup: GitSetup
  readonly #folder: string
  readonly #options: ObjectReaderOptions
  readonly #window: number
  readonly #waiting: Request[] = []
  #waitingHead = 0
  /** Of these an old process has said that there is no such object; they are for the next one. */
  #doubted: Request[] = []
  #session: Session | undefined
  readonly #ending = new Set<Promise<unknown>>()
  #scheduled = false
  #closed = false
  /** Processes in a row that ended without an answer. */
  #fruitless = 0
  #idle: Timer | undefined

  constructor(setup: GitSetup, folder: string, options: ObjectReaderOptions) {
    this.#setup = setup
    this.#folder = folder
    this.#options = options
    this.#window = options.window ?? 2048
  }

  get processes(): number {
    return this.#session === undefined ? 0 : 1
  }

  warmUp() {
    if (this.#closed || this.#session) return
    this.#restIfIdle(this.#start())
  }

  read(hash: string, maxBytes: number): Promise<GitObject | undefined> {
    return new Promise((resolve, reject) => {
      this.request(hash, maxBytes, (error, object) => {
        if (error === undefined) resolve(object)
        else reject(error)
      })
    })
  }

  request(hash: string, maxBytes: number, done: ObjectCallback) {
    if (!isObjectHash(hash)) return queueMicrotask(() => done(undefined, undefined))
    if (this.#closed) {
      return queueMicrotask(() => done(new ViewerError('SHUTTING_DOWN', 'the object reader is closed'), undefined))
    }
    this.#waiting.push({ hash, maxBytes, done })
    this.#schedule()
  }

  /** Gathers what one tick asks, so that it costs one write. */
  #schedule() {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#send()
    })
  }

  #send() {
    if (this.#waitingHead === this.#waiting.length || this.#closed) return
    this.#idle?.cancel()
    this.#options.idle?.leave(this.#endResting)
    // Its answers to what it was asked are still to come; nothing more is put to it.
    if (this.#doubted.length > 0) return
    const session = this.#session ?? this.#start()
    const room = this.#window - session.inFlight
    if (room <= 0) return
    const batch = this.#waiting.slice(this.#waitingHead, this.#waitingHead + room)
    this.#waitingHead += batch.length
    if (this.#waitingHead === this.#waiting.length) {
      this.#waiting.length = 0
      this.#waitingHead = 0
    }
    session.ask(batch)
  }

  #start(): Session {
    const session: Session = new Session(this.#setup, this.#folder, {
      protocol: this.#options.protocol,
      isProbed: this.#fruitless > 0,
      onAnswered: () => this.#afterAnswers(session),
      onDoubted: request => void this.#doubted.push({ ...request, isAgain: true }),
      onEnd: (error, unanswered) => this.#afterEnd(session, error, unanswered),
    })
    this.#session = session
    return session
  }

  #afterAnswers(session: Session) {
    if (this.#doubted.length > 0) {
      if (session.inFlight > 0) return
      const left = [...this.#takeWaiting(), ...this.#takeDoubted()]
      this.#drop(session)
      this.#waiting.push(...left)
      this.#schedule()
    } else if (this.#waitingHead < this.#waiting.length) {
      // Refill in large steps: a write for every answer would cost more than the answers.
      if (session.inFlight <= this.#window / 2) this.#schedule()
    } else if (session.inFlight === 0) this.#restIfIdle(session)
  }

  /** Ends the process if nothing is asked for the idle time from now on. */
  #restIfIdle(session: Session) {
    this.#idle?.cancel()
    this.#idle = this.#setup.clock.startTimer(this.#options.idleMs, () => {
      if (this.#session === session) this.#endResting()
    })
    this.#options.idle?.rest(this.#endResting)
  }

  readonly #endResting = () => {
    const session = this.#session
    if (session && session.inFlight === 0 && this.#waiting.length === 0) this.#drop(session)
  }

  #afterEnd(session: Session, error: ViewerError, unanswered: readonly Request[]) {
    if (this.#session === session) this.#session = undefined
    this.#options.idle?.leave(this.#endResting)
    const waiting = [...this.#takeWaiting(), ...this.#takeDoubted()]
    this.#fruitless = session.answered > 0 ? 0 : this.#fruitless + 1
    const isOfGit = session.isProbed && !session.hasSpoken
    if (isOfGit || !mayBeAnObject(error, session.hasSpoken) || this.#fruitless > maxFruitless) {
      for (const request of [...unanswered, ...waiting]) request.done(error, undefined)
      return
    }
    if (!session.hasSpoken) {
      this.#waiting.push(...unanswered, ...waiting)
      this.#schedule()
      return
    }
    const [culprit, ...others] = unanswered
    if (culprit && error.data.signal !== undefined && culprit.isAgain !== true) {
      this.#waiting.push({ ...culprit, isAgain: true })
    } else {
      culprit?.done(
        new ViewerError('OBJECT_UNREADABLE', `git cannot read object ${culprit.hash}`, {
          cause: error,
          data: error.data,
        }),
        undefined,
      )
    }
    this.#waiting.push(...others, ...waiting)
    if (this.#waiting.length > 0) this.#schedule()
  }

  #takeWaiting(): Request[] {
    const rest = this.#waiting.slice(this.#waitingHead)
    this.#waiting.length = 0
    this.#waitingHead = 0
    return rest
  }

  #takeDoubted(): Request[] {
    const doubted = this.#doubted
    this.#doubted = []
    return doubted
  }

  #drop(session: Session) {
    if (this.#session === session) this.#session = undefined
    this.#idle?.cancel()
    this.#options.idle?.leave(this.#endResting)
    const ended = session.close()
    this.#ending.add(ended)
    void ended.then(() => this.#ending.delete(ended))
  }

  async [Symbol.asyncDispose]() {
    this.#closed = true
    this.#idle?.cancel()
    for (const request of [...this.#takeWaiting(), ...this.#takeDoubted()]) {
      request.done(new ViewerError('SHUTTING_DOWN', 'the object reader is closed'), undefined)
    }
    if (this.#session) this.#drop(this.#session)
    await Promise.all(this.#ending)
  }
}

/**
 * Processes in a row that ended without an answer, until the repository and not one object is taken to be at fault. A
 * machine that lost power leaves many damaged objects side by side; starting git so often still takes but a second or two.
 */
const maxFruitless = 256

/**
 * Whether one object can be what ended the process: git dies of some that are damaged, and of others tells a size that
 * is not theirs. git says so itself where the repository is what it cannot read.
 */
function mayBeAnObject(error: ViewerError, hasSpoken: boolean): boolean {
  if (error.code === 'GIT_PROTOCOL') return true
  // A git that never said a word hangs for another reason.
  if (error.code === 'GIT_TIMEOUT') return hasSpoken
  return (
    error.code === 'GIT_FAILED' && !/not a git repository|unknown repository extension/.test(String(error.data.stderr))
  )
}
