/** Words of the page of a bug: what is said of it as a whole, of an earlier state of it, and what stands beside it. */

export const bugStrings = {
  openedThisOn: ' opened this on ',
  updatedOn: ' · updated ',
  /** What a button copies. */
  theWholeId: 'the whole id',
  whereImportedFrom: 'Where it was imported from',

  titleAsOf: (title: string, commit: string) => `${title} · as of ${commit}`,
  asOf: 'As of ',
  noLaterChange: 'no later change was',
  laterChanges: ['later change was', 'later changes were'],
  knownOn: ' known on ',
  theBugAsItIsNow: 'the bug as it is now',

  commentsAndChanges: 'Comments and changes',
  moreEvents: ['more event is', 'more events are'],
  notShownHere: ' not shown on this page; ',
  theJson: 'the JSON of this bug',
  hasAllOfThem: ' has all of them.',

  /** Below the last comment, before a command. */
  toAnswer: 'To answer, in a clone: ',
  howToAnswer: 'How to report and answer',

  aboutThisBug: 'About this bug',
  labels: 'Labels',
  moreLabels: ['more', 'more'],
  status: 'Status',
  /** What happened to the status, before the day of it. */
  statusChange: { opened: 'Opened', closed: 'Closed', open: 'Opened again' },
  earlierChanges: ['earlier', 'earlier'],
  participants: ['participant', 'participants'],
  otherParticipants: ['other', 'others'],
  mentionedBy: 'Mentioned by',
  searchForItsId: 'Search for its id',
  fetchAllBugs: 'Fetch all bugs with plain git',
  whyTheLastLine: 'The last line lets git-bug notice what git has fetched.',

  provenance: 'Provenance',
  packs: ['pack', 'packs'],
  newestCommit: ', newest commit ',
  bugAsOf: (commit: string) => `The bug as of ${commit}`,
  lamportTime: ', lamport time ',
  packsSigned: (packs: string) => `${packs} signed`,
  packsUnsigned: (count: number) => `${count} not signed though their authors have keys`,
  packsBadlySigned: (count: number) => `${count} badly signed`,
  packsUnchecked: (packs: string) => `${packs} not checked, as there are too many`,
} as const
