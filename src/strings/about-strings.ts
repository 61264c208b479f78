/** Words of the page about a repository. */

export const aboutStrings = {
  title: 'About',
  heading: (repository: string) => `About ${repository}`,
  description: (repository: string) => `${repository}: bugs, how to report, how to take them along`,
  howToReport: 'How to report a bug',
  /** Around the name, which is a link. */
  onlyShows:
    'This site only shows bugs: nothing can be sent from here. They are kept in the git repository itself, by ',
  gitBug: 'git-bug',
  goAsCommitsDo: ', and go there as commits do.',
  /** Before a command. */
  install: 'Install git-bug, and in a clone of the repository say once who you are: ',
  writeAndSend: 'Get what others have written, write, and send it:',
  /** Around a command. */
  rightToPush:
    'The last step needs the right to push. Without it, ask those who have it in whatever way they take patches. In the same way ',
  answersABug: ' answers a bug that is there.',
  howToTakeAlong: 'How to take the bugs along',
  withGitBug: 'With git-bug:',
  withGitBugInAClone: 'With git-bug, in a clone:',
  withGitAlone: 'With git alone; the second line makes a git-bug that has read the clone before look again:',
  fromHere: 'From this site, with git-bug, in any repository of yours:',
  fromHereWithGit: 'From this site, with git alone, also into an empty repository:',
  /** Stands in commands where the address of the site is not known. */
  address: 'ADDRESS',
  whatAddressIs: 'ADDRESS stands for the address of this site, such as https://bugs.example.org.',
  /** Around the file, which is a link. */
  asOneFile: 'As one file, a git bundle with all bugs and people: ',
  readOneFile: '. In a clone, or in a new repository:',
  aBadge: 'A badge for your README',
  howManyAreOpen: 'It shows how many bugs are open.',
  addressBeforePaths: ' Put the address of this site before both paths.',
  asMarkdown: 'Markdown:',
  asHtml: 'HTML:',
  /** What the badge is for those who do not see it. */
  openBugs: 'Open bugs',
  tooLarge: 'It is too large to be shown here, or cannot be read.',
  inShort: 'In short',
  here: 'Here',
  couldNotBeRead: (entities: string) => `${entities} that could not be read`,
  lastChange: 'last change ',
  owner: 'Owner',
  lists: 'Lists',
  repository: 'Repository',
  feedsAndExports: 'Feeds and exports',
  allChanges: 'Feed of all changes (Atom)',
  allAsJson: 'All bugs as JSON',
  allAsCsv: 'All bugs as CSV',
  allAsText: 'All bugs as text',
  allAsNdjson: 'All bugs with their comments, as lines of JSON',
  allAsMbox: 'All bugs as a mailbox',
  allAsBundle: 'Everything, as a git bundle',
  peopleAsJson: 'People as JSON',
  labelsAsJson: 'Labels as JSON',
} as const
