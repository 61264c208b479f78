/**
 * One life of a `git cat-file` process. It puts questions and hands out the answers, which come in the same order; and
 * when the process ends, of itself or because its answers cannot be trusted, it says which questions are left. What to
 * do about those is for the reader (`object-reader.ts`).
 */
import { ViewerError } from '../base/errors.ts'
import { type Answer, AnswerParser } from './cat-file-answers.ts'
import type { ObjectCallback } from './object-reader.ts'
import { type GitProcess, type GitSetup, gitFailure, startGit, watchSilence } from './process.ts'

export interface Request {
  readonly hash: string
  readonly maxBytes: number
  readonly done: ObjectCallback
  /** It was asked before, and that answer was not taken. */
  readonly isAgain?: boolean
}

/** A process of this age has looked around in its repository long ago. */
const oldMs = 1000

interface SessionEvents {
  readonly protocol: 'command' | 'plain'
  /** Whether it is asked first for what no repository has. */
  readonly isProbed: boolean
  onAnswered(): void
  /** What it says to be missing may be there by now. */
  onDoubted(request: Request): void
  /** `unanswered` were asked; git answers in order, so it died of the first of them. */
  onEnd(error: ViewerError, unanswered: readonly Request[]): void
}

/** Questions that may lie in the list after they were answered. */
const keptAnswered = 4096

export class CatFileSession {
  readonly #git: GitProcess
  readonly #events: SessionEvents
  readonly #asked: Request[] = []
  #askedHead = 0
  readonly #parser: AnswerParser
  #watch: { heard(): void; stop(): void } | undefined
  readonly #setup: GitSetup
  readonly #startedMs: number
  #failure: ViewerError | undefined
  #over = false
  answered = 0
  readonly isProbed: boolean
  #probe: Request | undefined
  #isProven = false

  constructor(setup: GitSetup, folder: string, events: SessionEvents) {
    this.#setup = setup
    this.#events = events
    this.#startedMs = setup.clock.monotonicMs()
    this.isProbed = events.isProbed
    const args = ['cat-file', events.protocol === 'command' ? '--batch-command' : '--batch']
    if (events.protocol === 'command') args.push('--buffer')
    this.#git = startGit(setup, folder, args)
    this.#parser = new AnswerParser({
      maxBytes: () => this.#asked[this.#askedHead]?.maxBytes ?? 0,
      onAnswer: answer => this.#answer(answer),
    })
    this.#git.child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk))
    void this.#git.ended.then(end => {
      this.#finish(this.#failure ?? gitFailure(args, end, this.#git.stderr()))
    })
  }

  /** Whether it has given any answer. */
  get hasSpoken(): boolean {
    return this.#isProven || this.answered > 0
  }

  get inFlight(): number {
    return this.#asked.length - this.#askedHead
  }

  ask(requests: readonly Request[]) {
    const command = this.#events.protocol === 'command'
    let text = ''
    const [first] = requests
    if (this.isProbed && !this.#probe && first) {
      this.#probe = { hash: '0'.repeat(first.hash.length), maxBytes: 0, done: () => {} }
      this.#asked.push(this.#probe)
      text += command ? `contents ${this.#probe.hash}\nflush\n` : `${this.#probe.hash}\n`
    }
    for (const request of requests) {
      this.#asked.push(request)
      text += command ? `contents ${request.hash}\n` : `${request.hash}\n`
    }
    if (command) text += 'flush\n'
    this.#watch ??= watchSilence(this.#setup, () => {
      this.#doubt(new ViewerError('GIT_TIMEOUT', 'git cat-file did not answer in time'))
    })
    this.#git.child.stdin.write(text, 'latin1')
  }

  #receive(chunk: Buffer) {
    if (this.#over || this.#failure) return
    this.#watch?.heard()
    if (this.inFlight === 0) return this.#doubt(new ViewerError('GIT_PROTOCOL', 'git cat-file answered unasked'))
    const problem = this.#parser.push(chunk)
    if (problem) return this.#doubt(new ViewerError('GIT_PROTOCOL', `git cat-file: ${problem}`))
    if (this.inFlight === 0) {
      this.#asked.length = 0
      this.#askedHead = 0
      this.#watch?.stop()
      this.#watch = undefined
    }
    this.#events.onAnswered()
  }

  /** @returns what is wrong with the answer, where something is */
  #answer(answer: Answer): string | undefined {
    const request = this.#asked[this.#askedHead]
    if (request === undefined) return 'more answers than questions'
    if (answer.name !== request.hash) return `asked for ${request.hash}, answered ${answer.name}`
    this.#askedHead++
    if (request === this.#probe) this.#isProven = true
    else this.answered++
    // While it is never empty it must not keep everything that was ever asked.
    if (this.#askedHead === keptAnswered) {
      this.#asked.splice(0, keptAnswered)
      this.#askedHead = 0
    }
    const isOld = this.#setup.clock.monotonicMs() - this.#startedMs >= oldMs
    const isDoubted = answer.object === undefined && isOld && request !== this.#probe && request.isAgain !== true
    if (isDoubted) this.#events.onDoubted(request)
    else request.done(undefined, answer.object)
    return undefined
  }

  #doubt(error: ViewerError) {
    this.#failure = error
    this.#git.kill()
    this.#finish(error)
  }

  #finish(error: ViewerError) {
    if (this.#over) return
    this.#over = true
    this.#watch?.stop()
    const unanswered = this.#asked.slice(this.#askedHead).filter(request => request !== this.#probe)
    this.#asked.length = 0
    this.#askedHead = 0
    this.#events.onEnd(error, unanswered)
  }

  /** Ends the process; questions without an answer are refused. Settles when it was reaped. */
  async close(): Promise<void> {
    this.#doubt(new ViewerError('SHUTTING_DOWN', 'the object reader was closed'))
    await this.#git.ended
  }
}
