/** Words of the page of what could not be read. */

export const problemsStrings = {
  title: 'Problems',
  everythingRead: 'Everything could be read',
  everythingShown: 'Every bug and every person of this repository is shown.',
  everythingElseShown:
    'Everything else of this repository is shown. Each of these refs holds something that breaks a rule of git-bug’s format, or that git could not read; whoever pushed it can say more.',
  ref: 'Ref',
  reason: 'Reason',
  moreAre: ['more is', 'more are'],
  /** Before a link. */
  moreAreIn: (moreAre: string) => `${moreAre} in `,
} as const
