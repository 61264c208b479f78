/**
 * The page for everything that went wrong: what, in plain words, and what to do next. Promises to show nothing of the
 * machine: no path, no message of a program, no stack.
 */
import type { ErrorCode } from '../base/errors.ts'
import type { Tracker } from '../bug/model.ts'
import { layoutView, type PageView, type Site } from './layout.ts'
import type { Links } from './links.ts'
import { visibleText } from './visible-text.ts'
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

interface Words {
  readonly heading: string
  readonly what: string
  readonly next: string
}

const maxSubjectChars = 200

export function errorPage(input: ErrorInput): ErrorView {
  const { site, status, code, repository, subject, retryAfterSeconds, requestId } = input
  const words = wordsFor(code, status)
  const wait =
    retryAfterSeconds === undefined
      ? ''
      : ` Try again in ${counted(Math.ceil(retryAfterSeconds), 'second', 'seconds')}.`
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
  const index = { text: 'All repositories', url: links.index() }
  if (repository === undefined) return [index]
  return [{ text: `Bugs of ${visibleText(repository.name)}`, url: links.bugs(repository.name) }, index]
}

/** What only some failures have to say of themselves; for all others the status decides. */
const wordsByCode: Readonly<Partial<Record<ErrorCode, Words>>> = {
  REPOSITORY_UNKNOWN: {
    heading: 'No such repository',
    what: 'No repository of this name is served here.',
    next: 'Check the name, or find the repository in the list of all.',
  },
  REPOSITORY_EMPTY: {
    heading: 'No bugs here yet',
    what: 'The repository is there, but it holds neither bugs nor people of git-bug.',
    next: 'If you keep bugs in your clone, send them here with “git bug push”. Cloning or fetching in the usual way does not bring refs/bugs and refs/identities along.',
  },
  REPOSITORY_UNREADABLE: {
    heading: 'The repository cannot be read now',
    what: 'The repository is configured here, but git cannot read it at the moment.',
    next: 'This is for the operator of this site to mend: the log says what git answered.',
  },
  SEARCH_UNAVAILABLE: {
    heading: 'Not searchable right now',
    what: 'The texts of this repository are being read again.',
    next: 'Try again in a moment. Lists without search terms are there as ever.',
  },
  GIT_UNSAFE_OWNER: {
    heading: 'The repository cannot be read now',
    what: 'git refuses to read the repository because its folder belongs to another user.',
    next: 'This is for the operator of this site to mend, with git’s setting safe.directory or by changing the owner.',
  },
  BUG_UNKNOWN: {
    heading: 'No such bug',
    what: 'No bug of this repository has an id that starts like this.',
    next: 'Ids are written in the digits 0-9 and a-f, and at least the first four are needed. The bug may also not have been pushed here yet.',
  },
  BUG_UNREADABLE: {
    heading: 'This bug cannot be read',
    what: 'The bug is there, but its data breaks the rules of git-bug’s format, so it is not shown.',
    next: 'The problems page of the repository says what is wrong with it.',
  },
  IDENTITY_UNKNOWN: {
    heading: 'No such person',
    what: 'No person of this repository has an id that starts like this.',
    next: 'Find them in the list of people.',
  },
  COMMENT_UNKNOWN: {
    heading: 'No such comment',
    what: 'No comment or event of this repository has an id that starts like this.',
    next: 'It may not have been pushed here yet.',
  },
  AMBIGUOUS_PREFIX: {
    heading: 'More than one fits',
    what: 'More than one id starts like this.',
    next: 'Add more digits of the id.',
  },
  QUERY_INVALID: {
    heading: 'A mistake in the query',
    what: 'The query breaks a rule of the query language.',
    next: 'The help on queries lists everything that can be asked.',
  },
  PARAMETER_INVALID: {
    heading: 'This address does not work',
    what: 'A part of the address has a value that cannot be used.',
    next: 'Check the address, or start again from the list.',
  },
  LOAD_TIMEOUT: {
    heading: 'Still working on it',
    what: 'The repository is being read, and that takes longer than a page may take.',
    next: 'The work goes on: load this page again in a moment.',
  },
  SHUTTING_DOWN: {
    heading: 'Back in a moment',
    what: 'The server is being stopped or restarted.',
    next: 'Load this page again in a moment.',
  },
}

function wordsFor(code: ErrorCode | undefined, status: number): Words {
  return (code === undefined ? undefined : wordsByCode[code]) ?? wordsForStatus(status)
}

function wordsForStatus(status: number): Words {
  if (status === 404) {
    return {
      heading: 'No such page',
      what: 'There is no page at this address.',
      next: 'Check the address, or start again from the list.',
    }
  }
  if (status === 429) {
    return {
      heading: 'Too many requests',
      what: 'Too many pages were asked for in a short time.',
      next: 'Please wait a little.',
    }
  }
  if (status === 503) {
    return {
      heading: 'Not available now',
      what: 'The server cannot answer this at the moment.',
      next: 'Load this page again in a moment.',
    }
  }
  if (status >= 500) {
    return {
      heading: 'Something went wrong here',
      what: 'The server failed to make this page. It is not your fault, and nothing was lost: this site only reads.',
      next: 'Load the page again; if that does not help, tell the operator of this site.',
    }
  }
  return {
    heading: 'This request does not work',
    what: 'The server does not understand what was asked for.',
    next: 'Check the address, or start again from the list.',
  }
}
