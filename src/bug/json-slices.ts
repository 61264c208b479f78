/**
 * Finds where the operations of an `ops` blob begin and end. An operation's id is the hash of its own bytes as they
 * are stored, and no JSON library gives them (`format.md`, "An operation's id"). The scan keeps no more than a depth
 * and a place; what is valid JSON is left for JSON.parse to say.
 */

export interface Slice {
  readonly start: number
  readonly end: number
}

export interface ScanResult {
  /** Elements of the array under the key `ops` of the outermost object; undefined where there is no such array. */
  readonly elements: readonly Slice[] | undefined
  readonly problem: string | undefined
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/**
 * Scans a pack.
 * @param maxNesting levels of arrays and objects that are allowed
 * @param maxElements the scan ends with the element after so many: there are more, and that is all the caller wants to know
 */
export function scanPack(bytes: Buffer, maxNesting: number, maxElements = Number.POSITIVE_INFINITY): ScanResult {
  const scan = new PackScan(bytes)
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (isSpace(byte)) continue
    scan.markElement(byte, at)
    if ((scan.elements?.length ?? 0) > maxElements) return { elements: scan.elements, problem: undefined }
    if (byte === quote) {
      at = scan.passString(at)
      if (at < 0) return { elements: undefined, problem: 'a string without an end' }
    } else if (byte === openBrace || byte === openBracket) {
      if (scan.depth === maxNesting) return { elements: undefined, problem: `nested deeper than ${maxNesting} levels` }
      scan.open(byte)
    } else if (byte === closeBrace || byte === closeBracket) scan.close()
    else if (scan.depth === 1) scan.passSeparator(byte)
  }
  return { elements: scan.elements, problem: undefined }
}

class PackScan {
  readonly #bytes: Buffer
  /** The last key of the outermost object. */
  #key = ''
  /** At depth 1: whether the next string is a key. */
  #keyNext = false
  /** Inside the value of `ops`, which is an array. */
  #inOps = false
  /** Where the current element of `ops` starts, else -1. */
  #elementStart = -1
  depth = 0
  elements: Slice[] | undefined

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Notes where an element of `ops` starts or ends, if one does so here. */
  markElement(byte: number | undefined, at: number) {
    if (!this.#inOps || this.depth !== 2) return
    if (byte !== comma && byte !== closeBracket) {
      if (this.#elementStart < 0) this.#elementStart = at
      return
    }
    if (this.#elementStart < 0) return
    let end = at
    while (isSpace(this.#bytes[end - 1])) end--
    this.elements?.push({ start: this.#elementStart, end })
    this.#elementStart = -1
  }

  /** @returns the place of the closing quote, or -1 */
  passString(at: number): number {
    const end = stringEnd(this.#bytes, at)
    if (end >= 0 && this.depth === 1 && this.#keyNext) this.#key = readKey(this.#bytes, at, end)
    return end
  }

  open(byte: number) {
    this.depth++
    if (this.depth === 1) this.#keyNext = byte === openBrace
    else if (this.depth === 2 && this.#key === 'ops' && !this.#keyNext) {
      this.#inOps = byte === openBracket
      this.elements = this.#inOps ? [] : undefined
    }
  }

  close() {
    this.depth--
    if (this.depth === 1) this.#inOps = false
  }

  /** At depth 1. A key that comes again wins over the one before it, as in every JSON parser. */
  passSeparator(byte: number | undefined) {
    if (byte === comma) this.#keyNext = true
    else if (byte === colon) {
      this.#keyNext = false
      if (this.#key === 'ops') this.elements = undefined
    }
  }
}

/** Index of the quote that ends the string which starts at `start`, or -1. */
function stringEnd(bytes: Buffer, start: number): number {
  let end = bytes.indexOf(quote, start + 1)
  while (end >= 0) {
    let slashes = 0
    while (bytes[end - 1 - slashes] === backslash) slashes++
    if (slashes % 2 === 0) return end
    end = bytes.indexOf(quote, end + 1)
  }
  return -1
}

/** `ops` if the key spells that, with escapes or without; the other keys do not matter. */
function readKey(bytes: Buffer, start: number, end: number): string {
  // Three escapes are the longest way to write it.
  const raw = end - start > 19 ? '' : bytes.toString('latin1', start + 1, end)
  return /^(?:o|\\u006[fF])(?:p|\\u0070)(?:s|\\u0073)$/.test(raw) ? 'ops' : ''
}
