/**
 * The page for everything that went wrong: what, in plain words, and what to do next. Promises to show nothing of the
 * machine: no path, no message of a program, no stack.
 */
import type { ErrorCode } from '../base/errors.ts'
import type { OriginFailure, Tracker } from '../bug/model.ts'
import type { ErrorWords } from '../strings/error-strings.ts'
import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'
import { layoutView, type PageView } from './layout.ts'
import type { Links } from './links.ts'
import type { Site } from './site.ts'
import { durationText, shownText } from './wording.ts'

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
  /** Where the repository is a copy of one elsewhere: its address, and why it cannot be fetched. */
  readonly remote?: { readonly href: string; readonly reason?: OriginFailure | undefined } | undefined
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
  const { site, status, repository, subject, retryAfterSeconds, requestId } = input
  const words = wordsFor(input)
  const wait = retryAfterSeconds === undefined ? '' : waitFor(input, durationText(roundedSeconds(retryAfterSeconds)))
  return {
    layout: layoutView({ site, title: words.heading, repository, indexed: false }),
    status,
    heading: words.heading,
    subject: shownText(input.remote?.href ?? subject ?? '', maxSubjectChars),
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

function wordsFor({ code, status, remote }: ErrorInput): ErrorWords {
  const words = (code === undefined ? undefined : strings.error.byCode[code]) ?? wordsForStatus(status)
  if (code === 'REPOSITORY_EMPTY' && remote) return strings.mirror.empty
  if (code !== 'REMOTE_UNREACHABLE' || remote?.reason === undefined) return words
  const { what, next } = strings.mirror.failures[remote.reason]
  return { ...words, what, next }
}

function waitFor({ code, remote }: ErrorInput, time: string): string {
  // Only then does somebody ask it; until then every answer is this one.
  return code === 'REPOSITORY_EMPTY' && remote ? strings.mirror.askedAgainIn(time) : strings.error.tryAgainIn(time)
}

/** Whole minutes where it is several. */
function roundedSeconds(seconds: number): number {
  return seconds < 120 ? seconds : Math.ceil(seconds / 60) * 60
}

function wordsForStatus(status: number): ErrorWords {
  const { byStatus } = strings.error
  if (status === 404) return byStatus.notFound
  if (status === 429) return byStatus.tooMany
  if (status === 503) return byStatus.unavailable
  return status >= 500 ? byStatus.failed : byStatus.refused
}
