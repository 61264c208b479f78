/** Collects what a match finds: places from the database, numbers for the answer. */
import type { PlaceNumbers } from './place-numbers.ts'

/** What is sent. */
export interface FoundNumbers {
  readonly count: number
  readonly bits: Uint8Array<ArrayBuffer>
  readonly scores: Float32Array<ArrayBuffer> | undefined
}

const comma = 0x2c
const minus = 0x2d

export class Found {
  readonly #numbers: PlaceNumbers
  readonly #bits: Uint8Array<ArrayBuffer>
  readonly #scores: Float32Array<ArrayBuffer> | undefined
  /** By place: sums over the words of one term. */
  readonly #sums = new Map<number, number>()
  #count = 0

  constructor(numbers: PlaceNumbers, isRanked: boolean) {
    this.#numbers = numbers
    this.#bits = new Uint8Array((numbers.limit + 7) >>> 3)
    this.#scores = isRanked ? new Float32Array(numbers.limit) : undefined
  }

  /** Whether somebody would be told of that place, and is not yet. */
  isNews(place: number): boolean {
    const number = this.#numbers.at(place)
    return number >= 0 && ((this.#bits[number >>> 3] ?? 0) & (1 << (number & 7))) === 0
  }

  /** @param score of the piece at that place: the best one of a text counts */
  add(place: number, score = 0) {
    for (let number = this.#numbers.at(place); number >= 0; number = this.#numbers.olderThan(number)) {
      const bit = 1 << (number & 7)
      const byte = this.#bits[number >>> 3] ?? 0
      if ((byte & bit) === 0) {
        this.#bits[number >>> 3] = byte | bit
        this.#count++
      }
      if (this.#scores && score > (this.#scores[number] ?? 0)) this.#scores[number] = score
    }
  }

  /** Places as digits with a comma between them, and the scores of a ranked match likewise. */
  addList(places: unknown, scores?: unknown, scale = 1) {
    if (!(places instanceof Uint8Array)) return
    const scoreList = scores instanceof Uint8Array ? readNumbers(scores) : undefined
    if (!scoreList) return this.#addAll(places)
    for (const place of readNumbers(places)) {
      const score = scoreList.next()
      this.add(place, score.done === true ? 0 : score.value * scale)
    }
  }

  /** Of a common word there are many: read as fast as can be. */
  #addAll(digits: Uint8Array) {
    let place = 0
    for (let at = 0; at < digits.length; at++) {
      const byte = digits[at] ?? 0
      if (byte !== comma) place = place * 10 + byte - 0x30
      else {
        this.add(place)
        place = 0
      }
    }
    if (digits.length > 0) this.add(place)
  }

  /** As `addList`, where several lists tell of one term: the scores of a place are added up, see `endSums`. */
  addSums(places: unknown, scores: unknown, scale: number) {
    if (!(places instanceof Uint8Array) || !(scores instanceof Uint8Array)) return
    const scoreList = readNumbers(scores)
    for (const place of readNumbers(places)) {
      const score = scoreList.next()
      this.#sums.set(place, (this.#sums.get(place) ?? 0) + (score.done === true ? 0 : score.value * scale))
    }
  }

  endSums() {
    for (const [place, sum] of this.#sums) this.add(place, sum)
    this.#sums.clear()
  }

  finish(): FoundNumbers {
    return { count: this.#count, bits: this.#bits, scores: this.#scores }
  }
}

function* readNumbers(digits: Uint8Array): Generator<number, undefined> {
  let value = 0
  let sign = 1
  for (let at = 0; at < digits.length; at++) {
    const byte = digits[at] ?? 0
    if (byte === comma) {
      yield sign * value
      value = 0
      sign = 1
    } else if (byte === minus) sign = -1
    else value = value * 10 + byte - 0x30
  }
  if (digits.length > 0) yield sign * value
}
