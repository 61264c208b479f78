/** Words of the search over all repositories. */

export const searchStrings = {
  title: 'Search',
  titleOf: (query: string) => `Search: ${query}`,
  bugsOfAllRepositories: (site: string) => `Bugs of all repositories of ${site}`,
  heading: 'Search all repositories',
  whatToType: 'Words, qualifiers such as label:kind/bug, or an id',
  isItAnId: 'Is it an id? ',
  /** Before the id. */
  goTo: 'Go to ',
  /** Before the name of a repository, a colon, and the link below. */
  thisPartBeginsAt: ' This part begins at ',
  fromTheBeginning: 'from the beginning',
  /** What can be typed, around a link. */
  wordsAreLookedUp: 'Words are looked up in titles and comments, and everything that ',
  aQueryCanSay: 'a query can say',
  worksHereToo: ' works here too.',
  lookingForOneBug: 'Looking for one bug by its id, or by its address in the tracker that it was imported from? ',
  goThere: 'Go there',
  readOn: 'Read on',
  /** After “Read on”, before a title, for those who hear it. */
  readOnIn: ' in ',
  moreIn: (bugs: string, repository: string) => `${bugs} in ${repository}`,
  alsoFoundIn: 'Also found in',
  andIn: (repositories: string) => `and in ${repositories}.`,
  notSearched: 'Not searched',
  notSearchedInTime: 'These could not be searched in time; each can be searched by itself:',
  more: ['more', 'more'],
  and: (more: string) => `and ${more}.`,
  searchTheRest: (from: string) => `Search the rest, from ${from} on`,
  wasSearched: (repositories: string) => `${repositories} was searched.`,
  wereSearched: (repositories: string) => `${repositories} were searched.`,
  noBugFound: 'No bug found.',
  found: (bugs: string) => `${bugs}.`,
  foundIn: (bugs: string, repositories: string) => `${bugs} in ${repositories}.`,
} as const
