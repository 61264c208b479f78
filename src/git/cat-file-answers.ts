/**
 * Takes the output of `git cat-file --batch` apart, piece by piece as it comes. An object's bytes are kept only up to
 * the limit of its request; a large object costs no more memory than that.
 */
import type { GitObject } from './object-reader.ts'

export interface Answer {
  /** The name that was asked for. */
  readonly name: string
  readonly object: GitObject | undefined
}

export interface AnswerEvents {
  /** The limit of the request that the next answer belongs to. */
  maxBytes(): number
  /** @returns what is wrong with the answer, where something is */
  onAnswer(answer: Answer): string | undefined
}

/** `<hash> <type> <size>` is at most this long; a longer line is not an answer of git. */
const maxHeaderBytes = 4096
const newline = 0x0a

const objectTypes: ReadonlySet<string> = new Set(['blob', 'tree', 'commit', 'tag'])

/** Decimal digits from `start` to the end. By hand: this runs for every object that is read. */
function parseSize(line: string, start: number): number | undefined {
  let size = 0
  for (let at = start; at < line.length; at++) {
    const digit = line.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return undefined
    size = size * 10 + digit
  }
  return line.length > start && Number.isSafeInteger(size) ? size : undefined
}

interface Body {
  readonly name: string
  readonly type: string
  readonly size: number
  /** Undefined where the bytes are not kept. */
  readonly kept: Buffer | undefined
  /** True where `kept` has its bytes already; else it is filled from the left. */
  readonly whole: boolean
  got: number
}

export class AnswerParser {
  readonly #events: AnswerEvents
  /** What has come of a header. */
  #header = ''
  #body: Body | undefined

  constructor(events: AnswerEvents) {
    this.#events = events
  }

  /** @returns what is wrong with the output; it must not be pushed to again then */
  push(chunk: Buffer): string | undefined {
    let at = 0
    while (at < chunk.length) {
      if (this.#body) {
        at = this.#fill(this.#body, chunk, at)
        if (this.#body.got <= this.#body.size) return undefined
        const problem = this.#complete(this.#body, chunk[at - 1])
        if (problem) return problem
        continue
      }
      const end = chunk.indexOf(newline, at)
      const line = this.#header + chunk.toString('latin1', at, end < 0 ? chunk.length : end)
      if (line.length > maxHeaderBytes) return 'a header without an end'
      if (end < 0) {
        this.#header = line
        return undefined
      }
      this.#header = ''
      at = end + 1
      const problem = this.#open(line, chunk, at)
      if (problem) return problem
    }
    return undefined
  }

  #open(line: string, chunk: Buffer, at: number): string | undefined {
    const nameEnd = line.indexOf(' ')
    const typeEnd = line.indexOf(' ', nameEnd + 1)
    const name = line.slice(0, nameEnd)
    if (typeEnd < 0) {
      if (line.slice(nameEnd + 1) !== 'missing') return 'an unknown header'
      return this.#events.onAnswer({ name, object: undefined })
    }
    const type = line.slice(nameEnd + 1, typeEnd)
    const size = parseSize(line, typeEnd + 1)
    if (size === undefined || !objectTypes.has(type)) return 'an unknown header'
    const keep = size <= this.#events.maxBytes()
    // Most objects lie whole in the chunk: no copy then.
    const whole = keep && at + size < chunk.length
    const kept = keep ? (whole ? chunk.subarray(at, at + size) : Buffer.allocUnsafe(size)) : undefined
    this.#body = { name, type, size, kept, whole, got: 0 }
    return undefined
  }

  /** Takes what belongs to the object, its closing line end included. @returns where the next thing starts */
  #fill(body: Body, chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + body.size + 1 - body.got)
    if (body.kept && !body.whole) chunk.copy(body.kept, body.got, at, Math.min(end, at + body.size - body.got))
    body.got += end - at
    return end
  }

  #complete(body: Body, last: number | undefined): string | undefined {
    if (last !== newline) return 'an object without its closing line end'
    this.#body = undefined
    return this.#events.onAnswer({ name: body.name, object: { type: body.type, size: body.size, bytes: body.kept } })
  }
}
