/**
 * A mistake in a query as the list page shows it: the words of the message, and the part of the query around the
 * place, cut into before, wrong and after, with a line below that points at it where marks have no colour.
 */
import type { QueryError } from '../query/query-error.ts'
import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'
import { shownText } from './wording.ts'

export interface QueryMistakeView {
  readonly message: string
  readonly before: string
  readonly wrong: string
  readonly after: string
  /** Spaces and carets, to stand below the three parts in a fixed-width font. */
  readonly pointer: string
  /** The query with the known word that is nearest, where one is. */
  readonly instead: { readonly text: string; readonly url: string } | undefined
}

/** UTF-16 units of the query that are shown on each side of the place, so that it is in sight on a telephone. */
const maxContext = 24
/** Units of the place itself that are shown. */
const maxWrong = 60

/**
 * @param text the query as the visitor wrote it, in which the error's position counts
 * @param urlOf the address of what another query finds
 */
export function queryMistakeView(text: string, error: QueryError, urlOf: (text: string) => string): QueryMistakeView {
  const start = Math.min(Math.max(0, error.position), text.length)
  const end = Math.min(start + Math.max(1, error.length), text.length)
  const before = oneLine(text.slice(Math.max(0, start - maxContext), start))
  const wrong = oneLine(text.slice(start, Math.min(end, start + maxWrong)))
  const after = oneLine(text.slice(end, end + maxContext))
  const nearestQuery = () => {
    if (error.nearest === undefined) return undefined
    const nearest = text.slice(0, start) + error.nearest + text.slice(end)
    return { text: strings.common.searchFor(shownText(nearest, maxWrong)), url: urlOf(nearest) }
  }
  const leading = start > maxContext ? `…${before}` : before
  return {
    message: sentence(visibleText(error.message)),
    before: leading,
    wrong: end - start > maxWrong ? `${wrong}…` : wrong,
    after: end + maxContext < text.length ? `${after}…` : after,
    pointer: ' '.repeat(columns(leading)) + '^'.repeat(Math.max(1, columns(wrong))),
    instead: nearestQuery(),
  }
}

/** Line breaks would tear the pointer from its place. */
function oneLine(text: string): string {
  return visibleText(text.toWellFormed().replace(/[\t\n\v\f\r\u0085\u2028\u2029]/g, ' '))
}

function columns(text: string): number {
  return Array.from(text).length
}

/** Messages are lower case and without an end, so that they can stand in a log. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1)
  return /[.?!]$/.test(text) ? text : `${text}.`
}
