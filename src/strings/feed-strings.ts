/** Words of the feeds. */

export const feedStrings = {
  bugs: 'Bugs',
  /** Of a bug in a list. */
  statusAndReplies: (status: string, replies: string) => `${status} · ${replies}`,
  commentedOn: (author: string, title: string) => `${author} commented on ${title}`,
  openedAgain: (author: string, title: string) => `${author} opened again ${title}`,
  openedThisAgain: (author: string) => `${author} opened again this bug.`,
  closed: (author: string, title: string) => `${author} closed ${title}`,
  closedThis: (author: string) => `${author} closed this bug.`,
  inRepository: (repository: string, title: string) => `${repository}: ${title}`,
} as const
