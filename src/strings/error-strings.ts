/** Words of the page for everything that went wrong. */
import type { ErrorCode } from '../base/errors.ts'
import { mirrorStrings } from './mirror-strings.ts'

/** What one failure has to say: what it is, what that means, and what to do next. */
export interface ErrorWords {
  readonly heading: string
  readonly what: string
  readonly next: string
}

/** What only some failures have to say of themselves; for all others the status decides. */
const byCode: Readonly<Partial<Record<ErrorCode, ErrorWords>>> = {
  ...mirrorStrings.errors,
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
    what: 'No bug of this repository is known by this id.',
    next: 'Ids are written in the digits 0-9 and a-f, and at least the first four are needed. The bug may also not have been pushed here yet.',
  },
  BUG_UNREADABLE: {
    heading: 'This bug cannot be read',
    what: 'The bug is there, but its data breaks the rules of git-bug’s format, so it is not shown.',
    next: 'The problems page of the repository says what is wrong with it.',
  },
  IDENTITY_UNKNOWN: {
    heading: 'No such person',
    what: 'No person of this repository is known by this id.',
    next: 'Find them in the list of people.',
  },
  COMMENT_UNKNOWN: {
    heading: 'No such comment',
    what: 'No comment or event of this repository is known by this id.',
    next: 'It may not have been pushed here yet.',
  },
  COMMIT_UNKNOWN: {
    heading: 'No such state of the bug',
    what: 'The history of this bug has no commit of that hash, or several that start so.',
    next: 'Each event on the page of the bug leads to the bug as it was then.',
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
    what: 'This takes longer than a page may take.',
    next: 'What was read is kept: load this page again in a moment.',
  },
  TOO_BUSY: {
    heading: 'Very busy',
    what: 'Many are waiting for the same as you, and not all of them can be served at once.',
    next: 'Load this page again in a moment.',
  },
  OVERLOADED: {
    heading: 'Very busy',
    what: 'More is asked of this site right now than it can do.',
    next: 'Load this page again in a moment.',
  },
  SHUTTING_DOWN: {
    heading: 'Back in a moment',
    what: 'The server is being stopped or restarted.',
    next: 'Load this page again in a moment.',
  },
}

/** By the status of the answer. */
const byStatus = {
  notFound: {
    heading: 'No such page',
    what: 'There is no page at this address.',
    next: 'Check the address, or start again from the list.',
  },
  tooMany: {
    heading: 'Too many requests',
    what: 'Too many pages were asked for in a short time.',
    next: 'Please wait a little. A program need not visit every page: the exports of a list have all of its bugs at once.',
  },
  unavailable: {
    heading: 'Not available now',
    what: 'The server cannot answer this at the moment.',
    next: 'Load this page again in a moment.',
  },
  failed: {
    heading: 'Something went wrong here',
    what: 'The server failed to make this page. It is not your fault, and nothing was lost: this site only reads.',
    next: 'Load the page again; if that does not help, tell the operator of this site.',
  },
  refused: {
    heading: 'This request does not work',
    what: 'The server does not understand what was asked for.',
    next: 'Check the address, or start again from the list.',
  },
} as const satisfies Readonly<Record<string, ErrorWords>>

export const errorStrings = {
  byCode,
  byStatus,
  tryAgainIn: (time: string) => ` Try again in ${time}.`,
  allRepositories: 'All repositories',
  bugsOf: (repository: string) => `Bugs of ${repository}`,
  /** Before the number of the request. */
  theLogKnows: 'The log knows this failure as ',
} as const
