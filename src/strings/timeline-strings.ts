/** Words of the timeline of a bug: comments, changes, runs of changes, odd clocks and signatures. */

export const timelineStrings = {
  at: 'at ',
  bugAtThisCommit: 'The bug as it was at this commit',

  /** After how often a comment was edited. */
  lastBy: ', last by ',
  earlierEdits: ['earlier edit', 'earlier edits'],
  whatChanged: 'What changed',
  linkToComment: (id: string) => `Link to this comment, ${id}`,
  raw: 'raw',
  noDescription: 'No description.',
  noText: 'No text.',
  textLeftOut: 'This text is left out here: with it, the page would be too large.',
  wholeCommentIsIn: 'The whole comment is in ',
  attachedFiles: 'Attached files',
  noFileOfGit: ' (not a file of git)',
  moreFiles: ['more file', 'more files'],
  fileKinds: { png: 'PNG', jpeg: 'JPEG', gif: 'GIF', webp: 'WebP', text: 'text' },
  /** In its place, where it is not seen: what it shows, nobody has said. */
  attachedPicture: 'Attached picture',

  openedAgain: 'opened this again',
  closed: 'closed this',
  changedTitleFrom: ' changed the title from ',
  toTitle: ' to ',
  added: ' added',
  removed: ' removed',
  andRemoved: ' and removed',
  moreLabels: ['more', 'more'],

  /** Of a run of changes that is shown as one line. */
  changesBy: (changes: string, names: string) => `${changes} by ${names}`,
  labelChanges: ['label change', 'label changes'],
  titleChanges: ['change of the title', 'changes of the title'],
  statusChanges: ['change of the status', 'changes of the status'],
  closedAndOpened: 'closed and opened again',
  openedAndClosed: 'opened and closed again',
  doneTwice: (what: string) => `${what} twice`,
  doneTimes: (what: string, times: string) => `${what} ${times}`,
  otherPeople: ['other', 'others'],

  /** Beside a time that its clock cannot have had right, or that is earlier than what comes before. */
  clocks: {
    impossible: { text: 'impossible clock', title: 'The clock of whoever wrote this said a time that cannot be' },
    ahead: { text: 'clock ahead', title: 'Everything after it is more than a day earlier: its clock was ahead' },
    later: { text: 'arrived later', title: 'Its clock says earlier than what comes before it' },
  },

  signedWith: (keyId: string) => `signed with key ${keyId}`,
  notSigned: 'not signed, though its author has a key',
  badSignature: (reason: string) => `bad signature: ${reason}`,
} as const
