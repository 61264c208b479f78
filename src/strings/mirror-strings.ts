/** Words about copies of repositories elsewhere: where they are from, how old they are, and how another one is opened. */
import type { ErrorCode } from '../base/errors.ts'
import type { ErrorWords } from './error-strings.ts'

/**
 * Why a remote cannot be fetched, by `OriginFailure`: `told` ends a sentence that says so above the last state; the
 * others are the page of one that never came.
 */
const failures = {
  gone: {
    told: 'there is no repository at that address any more',
    what: 'There is no repository at that address.',
    next: 'Check the address. It may have been moved, renamed or removed, or not be public.',
  },
  refused: {
    told: 'the server there wants a password or forbids it',
    what: 'The server there wants a password, forbids it, or is not one that this site knows.',
    next: 'The repository may not be public. Where it should be, the operator of this site can give it a key or a password.',
  },
  unreachable: {
    told: 'no server answers there',
    what: 'No server answers at that address.',
    next: 'Check the address. The server may also be away for a while.',
  },
  slow: {
    told: 'the server there takes too long',
    what: 'The server there takes longer than this site waits.',
    next: 'It may be busy now.',
  },
  forbidden: {
    told: 'the address leads to where this site may not go',
    what: 'The address leads to where this site may not go, such as another host or a private network.',
    next: 'Where the repository has moved, use its new address.',
  },
  damaged: {
    told: 'what the server there sends is damaged',
    what: 'What the server there sends is damaged, or is no git repository.',
    next: 'Whoever keeps the repository there can look at it with “git fsck”.',
  },
  large: {
    told: 'it has become larger than this site takes',
    what: 'The repository has more bugs and people than this site takes of one.',
    next: 'The operator of this site decides how much that is.',
  },
  room: {
    told: 'there is no room for it here',
    what: 'There is no room for it here.',
    next: 'Room comes when other repositories are left alone for a while.',
  },
  failed: {
    told: 'fetching fails',
    what: 'Fetching it has failed.',
    next: 'This is for the operator of this site to look at: the log says what git answered.',
  },
} as const

/** What the page of a failure says, by its code; where there is a reason, that has the last word. */
const errors: Readonly<Partial<Record<ErrorCode, ErrorWords>>> = {
  REMOTE_NOT_ALLOWED: {
    heading: 'Not to be opened here',
    what: 'This site does not open repositories at that address.',
    next: 'The list of repositories says which addresses it opens, if any.',
  },
  REMOTE_REFUSED: {
    heading: 'This site may not go there',
    what: failures.forbidden.what,
    next: failures.forbidden.next,
  },
  REMOTE_UNREACHABLE: { heading: 'It cannot be fetched now', what: failures.failed.what, next: failures.failed.next },
  REMOTE_TOO_LARGE: { heading: 'Too large for this site', what: failures.large.what, next: failures.large.next },
  MIRROR_NO_ROOM: {
    heading: 'No room on disk',
    what: 'This site keeps copies of repositories elsewhere in a limited room on disk. That is full, and all that is there is in use or has to stay.',
    next: 'Try again later, when others are left alone. If it stays so, tell the operator of this site: the settings have a bound for all copies (mirrors.maxBytes) and one for what stays free on the disk (mirrors.minFreeBytes).',
  },
}

export const mirrorStrings = {
  failures,
  errors,
  /** A copy whose original holds nothing of git-bug. */
  empty: {
    heading: 'No bugs over there yet',
    what: 'The repository was asked, and it has neither bugs nor people of git-bug.',
    next: 'Bugs get there with “git bug push”, not with an ordinary push.',
  },
  askedAgainIn: (time: string) => ` It is asked again in ${time} at the earliest.`,

  /** Around the address and the time. */
  aCopyOf: 'A copy of ',
  asOf: ' as of ',
  thenReadOnly: ' · ',
  /** The notice above a copy that cannot be fetched any more: around two times, the address and the reason. */
  lastState: 'What you see is the state of ',
  noNewerSince: '. No newer one could be fetched since ',
  from: ' from ',
  because: (reason: string) => `: ${reason}.`,

  copiedFrom: 'Copied from',
  lastFetched: 'last fetched ',
  notFetchedSince: (reason: string) => `not since then: ${reason}`,
  onDisk: (size: string) => `${size} on disk here`,
  fetchedAgain: (time: string) => `fetched again when somebody looks, once in ${time} at most`,

  notHere: 'not here now: fetched when it is opened',
  openAnother: 'Show the bugs of another repository',
  noneYet: 'No repository is here yet.',
  address: 'Its address',
  show: 'Show',
  mayBeOpened: 'May be opened: ',
  moreAddresses: ['more kind of address', 'more kinds of address'],
  mistakes: {
    none: 'Type the address of a git repository.',
    otherSite: 'This came from another site. If you want to open the repository, press the button.',
    notAllowed: 'Repositories at this address are not opened here; see below which are.',
    refused: 'The address leads to where this site may not go, such as a private network.',
    busy: 'Too many repositories are being opened. Try again in a moment.',
    cannotBeUsed: (reason: string) => `It cannot be opened: ${reason}.`,
  },

  fetching: (repository: string) => `Fetching ${repository}…`,
  bringsACopy:
    'The server brings a copy of the bugs and people of this repository, and of nothing else in it. After that it reads every bug once, and then pages come at once.',
  step: (number: number, of: number, what: string) => `Step ${number} of ${of}: ${what}`,
  objects: ['object', 'objects'],
  /** What happens, as parts of sentences; with numbers where they are known. */
  steps: {
    waiting: 'waiting for its turn',
    connecting: 'asking the server there',
    counting: 'the server there counts what there is to send',
    receiving: 'receiving',
    resolving: 'putting together what has come',
    storing: 'storing it',
  },
  receiving: (done: string, objects: string) => `receiving ${done} of ${objects}`,
  resolving: (done: string, objects: string) => `putting together ${done} of ${objects}`,
  soFar: (size: string) => ` · ${size}`,
  beingFetched: (howFar: string) => `the repository is being fetched: ${howFar}`,
} as const
