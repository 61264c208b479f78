/**
 * Whether a text holds some bytes, in time that grows with the text and not with the text times the term. Both may be
 * a stranger's: `Buffer.includes`, fast as it is, takes seconds for a term such as `aaa…aba…aaa` of 2,000 letters in
 * a few megabytes of `a`. So it is given short terms only, where the worst case is a small factor.
 *
 *   short term ──► Buffer.includes
 *   long term ───► find its start with Buffer.indexOf, compare the rest ──► too many false starts ──► Knuth-Morris-Pratt
 */

/** Terms up to this many bytes go to `Buffer.includes`; of longer ones this much is looked for first. */
const startBytes = 32
/** What finding one false start is counted as, in bytes of the text. */
const falseStartBytes = 64
/** Bytes that may go into false starts, per byte of the text. */
const budgetFactor = 2

/** A search for `wanted` in any number of texts. */
export function createByteSearch(wanted: Buffer): (text: Buffer) => boolean {
  if (wanted.length <= startBytes) return text => text.includes(wanted)
  const start = wanted.subarray(0, startBytes)
  let borders: Uint32Array | undefined
  return text => {
    let budget = text.length * budgetFactor
    for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
      const end = at + wanted.length
      if (end > text.length) return false
      if (wanted.compare(text, at, end) === 0) return true
      budget -= wanted.length + falseStartBytes
      if (budget >= 0) continue
      borders ??= findBorders(wanted)
      return searchByBorders(text.subarray(at + 1), wanted, borders)
    }
    return false
  }
}

/** A search for a text in texts, without regard to case; accents count. */
export function createCaselessSearch(wanted: string): (text: string) => boolean {
  const lower = wanted.toLowerCase()
  if (lower.length <= startBytes) return text => text.toLowerCase().includes(lower)
  const search = createByteSearch(Buffer.from(lower))
  return text => search(Buffer.from(text.toLowerCase()))
}

/** For each length of a beginning of `wanted`, less one: the longest shorter beginning that is also its end. */
function findBorders(wanted: Buffer): Uint32Array {
  const borders = new Uint32Array(wanted.length)
  let border = 0
  for (let at = 1; at < wanted.length; at++) {
    while (border > 0 && wanted[at] !== wanted[border]) border = borders[border - 1] ?? 0
    if (wanted[at] === wanted[border]) border++
    borders[at] = border
  }
  return borders
}

/** Knuth, Morris and Pratt: never looks at a byte of the text again. */
function searchByBorders(text: Buffer, wanted: Buffer, borders: Uint32Array): boolean {
  let matched = 0
  for (const byte of text) {
    while (matched > 0 && byte !== wanted[matched]) matched = borders[matched - 1] ?? 0
    if (byte === wanted[matched]) matched++
    if (matched === wanted.length) return true
  }
  return false
}
