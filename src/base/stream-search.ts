/**
 * Whether a text that comes in parts holds some bytes (Knuth, Morris and Pratt). Promises time that grows with the text
 * and not with the text times the term: both may be a stranger's. Looks at no byte of the text twice, and keeps none.
 */
export class StreamSearch {
  readonly #wanted: Uint8Array
  readonly #borders: Uint32Array
  #matched = 0

  /** @param wanted not empty */
  constructor(wanted: Uint8Array) {
    this.#wanted = wanted
    this.#borders = findBorders(wanted)
  }

  /** Forgets the text so far: another one begins. */
  restart() {
    this.#matched = 0
  }

  /** Goes on with the next part of the text. @returns true where the bytes end in it; nothing is to be asked after that */
  push(part: Uint8Array): boolean {
    const wanted = this.#wanted
    let matched = this.#matched
    for (let at = 0; at < part.length; at++) {
      const byte = part[at]
      while (matched > 0 && byte !== wanted[matched]) matched = this.#borders[matched - 1] ?? 0
      if (byte === wanted[matched]) matched++
      if (matched === wanted.length) return true
    }
    this.#matched = matched
    return false
  }
}

/** For each length of a beginning of `wanted`, less one: the longest shorter beginning that is also its end. */
function findBorders(wanted: Uint8Array): Uint32Array {
  const borders = new Uint32Array(wanted.length)
  let border = 0
  for (let at = 1; at < wanted.length; at++) {
    while (border > 0 && wanted[at] !== wanted[border]) border = borders[border - 1] ?? 0
    if (wanted[at] === wanted[border]) border++
    borders[at] = border
  }
  return borders
}
