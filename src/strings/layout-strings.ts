/** Words that surround every page: the bar above it and the lines below it. */

export const layoutStrings = {
  /** The language of the whole catalogue (BCP 47). */
  language: 'en',
  skipToContent: 'Skip to content',
  repository: 'Repository',
  tabs: { bugs: 'Bugs', labels: 'Labels', people: 'People', activity: 'Activity', about: 'About' },
  searchBugs: 'Search bugs',
  openAndClosed: (openBugs: string, closed: string, repository: string) =>
    `${openBugs} and ${closed} closed of ${repository}`,
  /** Before what follows. */
  bugsOf: (repository: string) => `Bugs of ${repository}, kept in its git repository · `,
  readOnly: 'Read-only',
  readOnlyHowToReport: 'Read-only: how to report',
  aCopyInFiles: ' · a copy in files, without search and other queries',
  /** Before the digest of the state that is shown. */
  state: ' · state ',
  /** Between that digest and its time. */
  of: ' of ',
  searchEverything: 'Search everything',
  queryHelp: 'Query help',
} as const
