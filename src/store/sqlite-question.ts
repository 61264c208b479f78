/**
 * A question for many values, answered step by step, and in the order of its keys. Values go out in one buffer, or in
 * several where they are large.
 */
import { type GetMessage, noValue, type StoreReply } from './sqlite-messages.ts'
import { isTooOld, type NewEntry, type StoreTables } from './sqlite-tables.ts'

export interface QuestionSurroundings {
  /** Age of the tier. */
  readonly seconds: number | undefined
  /** What is not in the file yet, by key. */
  readonly waiting: ReadonlyMap<string, NewEntry>
  /** The time of use of an item is to be written. */
  onUsed(place: number): void
  send(reply: StoreReply, transfer: ArrayBuffer[]): void
}

/** Of a step: some milliseconds. */
const stepKeys = 1000
const stepBytes = 2_000_000
/** Of an answer; more go out in parts. */
const partBytes = 8_000_000

export class Question {
  readonly #message: GetMessage
  readonly #keys: readonly string[]
  readonly #surroundings: QuestionSurroundings
  #next = 0
  /** Found, and not sent yet. */
  #found: (Uint8Array | undefined)[] = []
  #foundBytes = 0

  constructor(message: GetMessage, surroundings: QuestionSurroundings) {
    this.#message = message
    this.#keys = message.keys.split('\n')
    this.#surroundings = surroundings
  }

  get number(): number {
    return this.#message.number
  }

  /** Finds some values. A step that throws can be done again. @returns whether it was the last one */
  step(tables: StoreTables, nowMs: number): boolean {
    const found: (Uint8Array | undefined)[] = []
    let bytes = 0
    tables.read(() => {
      while (this.#next + found.length < this.#keys.length && found.length < stepKeys && bytes < stepBytes) {
        const value = this.#find(tables, this.#keys[this.#next + found.length] ?? '', nowMs)
        found.push(value)
        bytes += value?.length ?? 0
      }
    })
    this.#next += found.length
    this.#foundBytes += bytes
    for (const value of found) this.#found.push(value)
    const isLast = this.#next >= this.#keys.length
    if (isLast || this.#foundBytes >= partBytes) this.#send(isLast)
    return isLast
  }

  #find(tables: StoreTables, key: string, nowMs: number): Uint8Array | undefined {
    const { waiting, seconds, onUsed } = this.#surroundings
    const onItsWay = waiting.get(key)
    if (onItsWay) {
      if (isTooOld(nowMs - onItsWay.putMs, seconds)) return undefined
      onItsWay.usedMs = nowMs
      return onItsWay.value
    }
    const found = tables.find(this.#message.tier, key, { nowMs, seconds })
    if (found?.isStale) onUsed(found.place)
    return found?.value
  }

  #send(isLast: boolean) {
    const lengths = new Uint32Array(this.#found.length)
    const values = new Uint8Array(this.#foundBytes)
    let at = 0
    for (const [n, value] of this.#found.entries()) {
      lengths[n] = value?.length ?? noValue
      if (!value) continue
      values.set(value, at)
      at += value.length
    }
    const reply: StoreReply = { kind: 'got', number: this.number, lengths, values: values.buffer, isLast }
    this.#found = []
    this.#foundBytes = 0
    this.#surroundings.send(reply, [values.buffer, lengths.buffer])
  }
}
