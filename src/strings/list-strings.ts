/** Words of the list of bugs, and why it is empty. */

export const listStrings = {
  bugs: { all: 'Bugs', open: 'Open bugs', closed: 'Closed bugs' },
  of: (bugs: string, repository: string) => `${bugs} of ${repository}`,
  by: (bugs: string, grouping: string) => `${bugs} by ${grouping}`,
  page: (title: string, page: string) => `${title}, page ${page}`,
  namedQueries: 'Named queries',
  whatToType: 'Words, or qualifiers such as label:kind/bug',
  backToTheOpenBugs: 'Back to the open bugs',
  status: 'Status',
  all: 'All',
  skipToTheBugs: 'Skip to the bugs',

  noSuchPage: (page: string, last: string) => `There is no page ${page}: the list ends with page ${last}.`,
  goToTheLastPage: 'Go to the last page',
  noneIs: { open: 'No bug is open.', closed: 'No bug is closed.' },
  noneMatches: 'No bug matches this query.',
  noneOfStatusMatches: { open: 'No open bug matches this query.', closed: 'No closed bug matches this query.' },
  matching: {
    open: ['open matching bug', 'open matching bugs'],
    closed: ['closed matching bug', 'closed matching bugs'],
  },
  show: (bugs: string) => `Show ${bugs}`,
  showAll: 'Show all bugs of this repository',
  lookForTheId: (id: string) => `Look for the id ${id} everywhere`,
  without: (bugs: string, filter: string) => `${bugs} without ${filter}`,
  couldNotBeRead:
    'No bug of this repository could be read. The problems page, linked at the end of this page, says why.',
  noBugsYet: 'This repository has people but no bugs yet. In a clone of it, the first one is made with:',
  nothingToGroupBy: (scope: string) =>
    `No label of these bugs starts with “${scope}/”, so there is nothing to group them by. There are boards by:`,
  orAsAList: 'or show them as a list',
} as const
