/** Folding for full-text search: what is compared is neither case nor accents. */

const ascii = /^[\0-\x7f]*$/
const notAscii = /[^\0-\x7f]+/g
const marks = /\p{M}+/gu

/** The form of a text in which search terms are looked up: decomposed, without combining marks, in lower case. */
export function foldText(text: string): string {
  if (ascii.test(text)) return text.toLowerCase()
  // Characters decompose one by one once the marks are gone, so only the few that are not ASCII need be looked at.
  return text.replace(notAscii, decompose).toLowerCase()
}

function decompose(run: string): string {
  // Marks go first: putting long runs of them in order is what normalizing takes quadratic time for.
  return run.replace(marks, '').normalize('NFKD').replace(marks, '')
}
