/**
 * The page for everything that went wrong: what, in plain words, and what to do next. Promises to show nothing of the
 * machine: no path, no message of a program, no stack.
 */
import type { ErrorCode } from '../base/errors.ts'
import type { Tracker } from '../bug/model.ts'
import type { ErrorWords } from '../strings/error-strings.ts'
import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'
import { layoutView, type PageView } from './layout.ts'
import type { Links } from './links.ts'
import type { Site } from './site.ts'
import { counted, shownText } from './wording.ts'

export interface ErrorInput {
  readonly site: Site
  /** The HTTP status of the answer. */
  readonly status: number
  /** What went wrong; undefined for what nobody foresaw. */
  readonly code?: ErrorCode | undefined
  /** The repository, where the address names one that exists; without a tracker where its state is not known. */
  readonly repository?: { readonly name: string; readonly tracker?: Tracker | undefined } | undefined
  /** What was asked for, as the visitor wrote it: a name, an id, a parameter. */
  readonly subject?: string | undefined
  /** Where the visitor can come back, what the `Retry-After` header says. */
  readonly retryAfterSeconds?: number | undefined
  /** By which the operator finds the failure in the log. */
  readonly requestId?: string | undefined
}

export interface ErrorView extends PageView {
  readonly status: number
  readonly heading: string
  /** What was asked for, else empty. */
  readonly subject: string
  readonly what: string
  readonly next: string
  readonly ways: readonly { readonly text: string; readonly url: string }[]
  readonly requestId: string
}

const maxSubjectChars = 200

export function errorPage(input: ErrorInput): ErrorView {
  const { site, status, code, repository, subject, retryAfterSeconds, requestId } = input
  const words = wordsFor(code, status)
  const wait =
    retryAfterSeconds === undefined
      ? ''
      : strings.error.tryAgainIn(counted(Math.ceil(retryAfterSeconds), ...strings.common.nouns.second))
  return {
    layout: layoutView({ site, title: words.heading, repository, indexed: false }),
    status,
    heading: words.heading,
    subject: shownText(subject ?? '', maxSubjectChars),
    what: words.what,
    next: `${words.next}${wait}`,
    ways: waysOn(site.links, repository),
    requestId: status >= 500 ? shownText(requestId ?? '', maxSubjectChars) : '',
  }
}

function waysOn(links: Links, repository: ErrorInput['repository']): ErrorView['ways'] {
  const index = { text: strings.error.allRepositories, url: links.index() }
  if (repository === undefined) return [index]
  return [{ text: strings.error.bugsOf(visibleText(repository.name)), url: links.bugs(repository.name) }, index]
}

function wordsFor(code: ErrorCode | undefined, status: number): ErrorWords {
  return (code === undefined ? undefined : strings.error.byCode[code]) ?? wordsForStatus(status)
}

function wordsForStatus(status: number): ErrorWords {
  const { byStatus } = strings.error
  if (status === 404) return byStatus.notFound
  if (status === 429) return byStatus.tooMany
  if (status === 503) return byStatus.unavailable
  return status >= 500 ? byStatus.failed : byStatus.refused
}
