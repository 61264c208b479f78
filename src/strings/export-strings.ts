/** Words of bugs as plain text and as Markdown. */

export const exportStrings = {
  status: { open: 'open', closed: 'closed' },
  bugsOf: (bugs: string, repository: string) => `${bugs} of ${repository}`,
  query: 'Query',
  page: 'Page',
  repository: 'Repository',
  id: 'Id',
  statusFact: 'Status',
  labels: 'Labels',
  author: 'Author',
  opened: 'Opened',
  updated: 'Updated',
  wrote: 'wrote',
  wroteNoText: 'wrote no text',
  changedTheTitle: (was: string, now: string) => `changed the title from "${was}" to "${now}"`,
  openedAgain: 'opened this again',
  closed: 'closed this',
  added: (labels: string) => `added ${labels}`,
  removed: (labels: string) => `removed ${labels}`,
  /** Between what was added and what was removed. */
  and: ' and ',
  edited: (times: string, last: string) => ` (edited ${times}, last ${last})`,
  attached: (file: string) => `Attached: ${file}`,
  noFile: (text: string) => `${text} (not a file of git)`,
} as const
