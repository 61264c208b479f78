/**
 * Whether a text holds some bytes, in time that grows with the text and not with the text times the term. Both may be
 * a stranger's: `Buffer.includes`, fast as it is, takes seconds for a term such as `aaa…aba…aaa` of 2,000 letters in
 * a few megabytes of `a`. So it is given short terms only, where the worst case is a small factor.
 *
 *   short term ──► Buffer.includes
 *   long term ───► find its start with Buffer.indexOf, compare the rest ──► too many false starts ──► StreamSearch
 */
import { StreamSearch } from '../base/stream-search.ts'

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
  let slow: StreamSearch | undefined
  return text => {
    let budget = text.length * budgetFactor
    for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
      const end = at + wanted.length
      if (end > text.length) return false
      if (wanted.compare(text, at, end) === 0) return true
      budget -= wanted.length + falseStartBytes
      if (budget >= 0) continue
      slow ??= new StreamSearch(wanted)
      slow.restart()
      return slow.push(text.subarray(at + 1))
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
