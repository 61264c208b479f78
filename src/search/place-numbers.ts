/**
 * What a session calls the texts of each place. A text that was given again has several numbers, and answers to all of
 * them until the older ones are cut off. Places are never given again, so most of them are empty in the end: what has
 * no number takes no memory, but for the rest of its page.
 */
const pagePlaces = 4096
const none = -1

export class PlaceNumbers {
  readonly #pages: (Int32Array | undefined)[] = []
  /** By number: the one that its places had before, and the update that gave it. */
  #older = new Int32Array(1024).fill(none)
  #updates = new Int32Array(1024)
  #limit = 0

  /** Above every number. */
  get limit(): number {
    return this.#limit
  }

  /** @param place counts from the repository's first one */
  set(place: number, number: number, update: number) {
    const page = this.#pages[Math.floor(place / pagePlaces)] ?? this.#addPage(Math.floor(place / pagePlaces))
    this.#reserve(number)
    this.#updates[number] = update
    const before = page[place % pagePlaces] ?? none
    // One that the place has already stays where it is: numbers must not lead to themselves.
    for (let known = before; known !== none; known = this.olderThan(known)) if (known === number) return
    this.#older[number] = before
    page[place % pagePlaces] = number
  }

  clear(place: number) {
    const page = this.#pages[Math.floor(place / pagePlaces)]
    if (!page) return
    page[place % pagePlaces] = none
    if (page.every(number => number === none)) this.#pages[Math.floor(place / pagePlaces)] = undefined
  }

  /** The latest number of a place; -1 where it has none. */
  at(place: number): number {
    return this.#pages[Math.floor(place / pagePlaces)]?.[place % pagePlaces] ?? none
  }

  /** The number before that one at the same places; -1 where there is none. */
  olderThan(number: number): number {
    return this.#older[number] ?? none
  }

  /** The update that gave the place its latest number; 0 where none has. */
  updateOf(place: number): number {
    const number = this.at(place)
    return number === none ? 0 : (this.#updates[number] ?? 0)
  }

  /** Cuts off what numbers given by an update, or before it, have taken the place of. */
  cut(upTo: number) {
    for (let number = 0; number < this.#limit; number++) {
      if ((this.#updates[number] ?? 0) <= upTo) this.#older[number] = none
    }
  }

  #addPage(number: number): Int32Array {
    const page = new Int32Array(pagePlaces).fill(none)
    this.#pages[number] = page
    return page
  }

  #reserve(number: number) {
    this.#limit = Math.max(this.#limit, number + 1)
    if (number < this.#older.length) return
    const size = Math.max(number + 1, this.#older.length * 2)
    const older = new Int32Array(size).fill(none)
    older.set(this.#older)
    this.#older = older
    const updates = new Int32Array(size)
    updates.set(this.#updates)
    this.#updates = updates
  }
}
