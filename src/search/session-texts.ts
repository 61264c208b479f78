/**
 * What the thread knows of a session: which number stands for which place, and which texts it still waits for.
 *
 *     update ──► texts that are missing are noted ──► asked for, a portion at a time ──► given ──► complete
 *                                                                                    └─► the source has failed:
 *     matches wait until it is complete                                                  no answers until an update
 */
import { PlaceNumbers } from './place-numbers.ts'

/** A text that is neither in the database nor was given. */
export interface MissingText {
  readonly id: string
  readonly tip: string
  readonly numbers: number[]
  /** The last update that wanted it. */
  update: number
}

/** Texts that the source is asked for at once. */
const portionTexts = 256

export class SessionTexts {
  readonly number: number
  readonly repository: string
  numbers = new PlaceNumbers()
  /** Whether all texts were put, or are waited for. */
  isWhole = false
  /** The whole update that is being taken in, as long as nothing of it was lost. */
  takingIn: number | undefined
  /** Why the source could not say what was missing. */
  failure: string | undefined
  readonly #missing = new Map<string, MissingText>()
  readonly #tipById = new Map<string, string>()
  #asked: MissingText[] = []
  #update = 0
  /** Updates that may have replaced something: what the main thread calls them, and what they are called here. */
  #recent: { readonly given: number; readonly update: number }[] = []

  constructor(number: number, repository: string) {
    this.number = number
    this.repository = repository
  }

  /** Whether nothing is waited for. */
  get isComplete(): boolean {
    return this.#missing.size === 0 && this.#asked.length === 0
  }

  get isAsking(): boolean {
    return this.#asked.length > 0
  }

  /** What is known is wrong, or gone. */
  reset() {
    this.isWhole = false
    this.takingIn = undefined
    this.numbers = new PlaceNumbers()
    this.#missing.clear()
    this.#tipById.clear()
  }

  /** Another update begins. @param given what the main thread calls it */
  beginUpdate(given: number) {
    this.#recent.push({ given, update: ++this.#update })
  }

  /** What updates up to one have replaced is not asked for any more. */
  cutNumbers(upTo: number) {
    const last = this.#recent.findLast(({ given }) => given <= upTo)
    if (!last) return
    this.numbers.cut(last.update)
    this.#recent = this.#recent.filter(({ given }) => given > upTo)
  }

  /** The update that is being taken in, counted in this session. */
  get update(): number {
    return this.#update
  }

  miss({ id, tip, number }: { readonly id: string; readonly tip: string; readonly number: number }) {
    this.forgetMissing(id, tip)
    const missing = this.#missing.get(tip)
    if (missing) {
      missing.numbers.push(number)
      missing.update = this.#update
      return
    }
    this.#missing.set(tip, { id, tip, numbers: [number], update: this.#update })
    this.#tipById.set(id, tip)
  }

  /** A bug's text is not waited for any more, unless it is the one of that tip. */
  forgetMissing(id: string, tip?: string) {
    const missing = this.#tipById.get(id)
    if (missing !== undefined && missing !== tip) this.takeMissing(missing)
  }

  /** After a whole update: what it has not put is not waited for. */
  forgetOlder() {
    for (const { tip, update } of this.#missing.values()) if (update !== this.#update) this.takeMissing(tip)
  }

  /** A text has come. @returns what it was wanted for; undefined where it is not wanted any more */
  takeMissing(tip: string): MissingText | undefined {
    const missing = this.#missing.get(tip)
    if (!missing) return undefined
    this.#missing.delete(tip)
    this.#tipById.delete(missing.id)
    return missing
  }

  /** The next texts to ask for; none while others are asked for. */
  nextPortion(): readonly MissingText[] {
    if (this.isAsking || this.failure !== undefined) return []
    for (const missing of this.#missing.values()) {
      if (this.#asked.length === portionTexts) break
      this.#asked.push(missing)
    }
    return this.#asked
  }

  /** The source has said what it has to say. @returns texts that it has not given, and that are given up */
  endPortion(failure: string | undefined): number {
    const asked = this.#asked
    this.#asked = []
    this.failure = failure
    if (failure !== undefined) return 0
    const left = asked.filter(missing => this.#missing.get(missing.tip) === missing)
    for (const { tip } of left) this.takeMissing(tip)
    return left.length
  }
}
