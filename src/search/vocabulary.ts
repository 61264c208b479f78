/**
 * The distinct words of all texts, in little memory: one after the other in a buffer, with a table of where each begins.
 * Promises to find every word that holds a part, and says so where there were too many words to keep: nothing that it
 * finds can be relied on then.
 *
 *     bytes   \n kiln \n kilns \n relay \n …
 *     slots   by hash: where a word begins, or 0
 */

/** Of words, with what is between them: about a million. */
const usualMaxBytes = 8 * 1024 * 1024
const newline = 0x0a

export class Vocabulary {
  readonly #maxBytes: number
  #bytes = Buffer.alloc(4096, '\n')
  #length = 1
  #slots = new Uint32Array(1024)
  #count = 0
  #isComplete = true

  constructor(maxBytes: number = usualMaxBytes) {
    this.#maxBytes = maxBytes
  }

  /** False when there were too many words. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Words that it has. */
  get count(): number {
    return this.#count
  }

  /** Says that words are missing, and keeps none. */
  giveUp() {
    this.#isComplete = false
    this.#bytes = Buffer.alloc(0)
    this.#slots = new Uint32Array()
    this.#length = 0
    this.#count = 0
  }

  /** Adds the word between two places. @returns true where it is new, and when there are too many for the first time */
  add(source: Uint8Array, from: number, to: number): boolean {
    if (!this.#isComplete) return false
    let hash = 0x811c9dc5
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (source[at] ?? 0), 0x01000193)
    const slot = this.#findSlot(spread(hash), source, { from, to })
    if (this.#slots[slot] !== 0) return false
    const needed = this.#length + to - from + 1
    if (needed > this.#maxBytes) {
      this.giveUp()
      return true
    }
    if (needed > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length + needed)])
    this.#slots[slot] = this.#length
    for (let at = from; at < to; at++) this.#bytes[this.#length++] = source[at] ?? 0
    this.#bytes[this.#length++] = newline
    this.#count++
    if (this.#count * 2 > this.#slots.length) this.#grow()
    return true
  }

  /** Adds words, one in a line. */
  addLines(lines: Uint8Array) {
    let from = 0
    while (from < lines.length) {
      const end = lines.indexOf(newline, from)
      const to = end < 0 ? lines.length : end
      if (to > from) this.add(lines, from, to)
      from = to + 1
    }
  }

  /** Words that hold a part; undefined where there are more than `max`, or not all words are known. */
  find(part: Uint8Array, max: number): string[] | undefined {
    if (!this.#isComplete) return undefined
    const known = this.#bytes.subarray(0, this.#length)
    const found: string[] = []
    for (let at = known.indexOf(part); at >= 0; ) {
      if (found.length === max) return undefined
      const from = known.lastIndexOf(newline, at) + 1
      const to = known.indexOf(newline, from)
      found.push(known.toString('utf8', from, to))
      at = known.indexOf(part, to)
    }
    return found
  }

  /** Words that begin so; undefined as with `find`. */
  findBeginning(start: string, max: number): string[] | undefined {
    return this.find(Buffer.from(`\n${start}`), max)
  }

  #findSlot(hash: number, source: Uint8Array, { from, to }: { from: number; to: number }): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const start = this.#slots[slot] ?? 0
      if (start === 0 || this.#isAt(start, source, { from, to })) return slot
    }
  }

  #isAt(start: number, source: Uint8Array, { from, to }: { from: number; to: number }): boolean {
    const bytes = this.#bytes
    for (let at = from; at < to; at++) if (bytes[start + at - from] !== source[at]) return false
    return bytes[start + to - from] === newline
  }

  #grow() {
    const before = this.#slots
    this.#slots = new Uint32Array(before.length * 2)
    const mask = this.#slots.length - 1
    for (const start of before) {
      if (start === 0) continue
      let hash = 0x811c9dc5
      for (let at = start; this.#bytes[at] !== newline; at++) {
        hash = Math.imul(hash ^ (this.#bytes[at] ?? 0), 0x01000193)
      }
      let slot = spread(hash) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = start
    }
  }
}

/** The high bits decide too: the table takes the low ones. */
function spread(hash: number): number {
  return (hash ^ (hash >>> 15)) >>> 0
}
