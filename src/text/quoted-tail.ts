/**
 * What a mail carries at its end: the message that it answers, quoted under a line such as `On …, Ada wrote:`, and a
 * signature under a line `-- ` (RFC 3676, 4.3). A tracker that is fed by mail has it in every answer, and its readers
 * have read it before. Pure, and decided by the text alone.
 *
 * It refuses to guess: a quote that nothing introduces as a mail's is a part of the answer, and so is one that more text
 * follows. Reads lines from the end, each a few times at most.
 */

export interface QuotedTail {
  /** Where it begins in the text, in UTF-16 units: at the start of a line, with something else before it. */
  readonly start: number
  /** Whether it is a signature and nothing else. */
  readonly isSignature: boolean
}

interface Line {
  readonly start: number
  readonly text: string
  readonly isBlank: boolean
}

/** Lines of a signature; what is longer stands under a `-- ` for another reason. */
const maxSignatureLines = 10
/** Mail programs break the line that introduces a quote into as many as these. */
const maxIntroductionLines = 3
const maxIntroductionChars = 400

/** That line as mail programs have it in several languages. */
const introductions: readonly RegExp[] = [
  /^On\s.+\s(?:wrote|writes)\s?:$/,
  /^Am\s.+\sschrieb\b.*:$/,
  /^Le\s.+\sa écrit\s?:$/,
  /^El\s.+\sescribió\s?:$/,
  /^Il\s.+\sha scritto\s?:$/,
  /^Op\s.+\s(?:schreef\b.*|heeft\s.+\sgeschreven\s?):$/,
  /^Em\s.+\sescreveu\s?:$/,
]

/** The end of a mail, quote and signature in either order; undefined where there is none, or nothing before it. */
export function findQuotedTail(source: string): QuotedTail | undefined {
  const end = source.length
  const lastQuote = findQuote(source, end)
  const signature = findSignature(source, lastQuote ?? end)
  const quote = lastQuote ?? findQuote(source, signature ?? end)
  const start = least(quote, signature)
  if (start === undefined || source.slice(0, start).trim() === '') return undefined
  return { start, isSignature: quote === undefined }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}

/** The start of the signature that ends at a place. */
function findSignature(source: string, end: number): number | undefined {
  let lines = 0
  for (const { start, text, isBlank } of linesBefore(source, end)) {
    if (text === '-- ') return lines > 0 ? start : undefined
    if (isBlank) continue
    lines++
    if (lines > maxSignatureLines) return undefined
  }
  return undefined
}

/** The start of the lines that introduce the quote which ends at a place. */
function findQuote(source: string, end: number): number | undefined {
  let isQuoted = false
  let introduction = ''
  let lines = 0
  for (const { start, text, isBlank } of linesBefore(source, end)) {
    if (lines === 0 && (isBlank || text.startsWith('>'))) {
      isQuoted ||= !isBlank
      continue
    }
    const isTooLong = lines === maxIntroductionLines || introduction.length + text.length > maxIntroductionChars
    if (!isQuoted || isBlank || isTooLong) return undefined
    introduction = `${text.trim()} ${introduction}`.trim()
    lines++
    if (!introduction.endsWith(':')) return undefined
    if (isIntroduction(introduction)) return start
  }
  return undefined
}

/** A date is a part of it: `He wrote:` is what people write themselves. */
function isIntroduction(text: string): boolean {
  return /[0-9]/.test(text) && introductions.some(pattern => pattern.test(text))
}

/** The lines that end before a place, the last one first, without their ends. */
function* linesBefore(source: string, end: number): Generator<Line> {
  let next = end
  while (next > 0) {
    let last = next
    if (isLineEnd(source, last - 1)) last -= source.startsWith('\r\n', last - 2) ? 2 : 1
    let start = last
    while (start > 0 && !isLineEnd(source, start - 1)) start--
    const text = source.slice(start, last)
    yield { start, text, isBlank: text.trim() === '' }
    next = start
  }
}

function isLineEnd(source: string, at: number): boolean {
  const unit = source.charCodeAt(at)
  return unit === 0x0a || unit === 0x0d
}
