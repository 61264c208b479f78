/** Words of the menus, the form and the chips that narrow a list of bugs and put it in order. */

export const filterStrings = {
  filterAndSort: 'Filter and sort',
  filtersInForce: 'Filters in force',
  removeThisFilter: 'Remove this filter',
  /** Before the filter. */
  remove: 'Remove ',
  clearAll: 'Clear all',
  /** Behind those that are shown. */
  moreFilters: (count: number) => `and ${count} more`,

  /** Before the name of a menu, for those who hear it. */
  filterBy: 'Filter by ',
  label: 'Label',
  noLabel: 'No label',
  allLabels: 'All labels',
  author: 'Author',
  allPeople: 'All people',
  board: 'Board',
  labels: 'Labels',
  noBoard: 'no board: a list',
  sort: 'Sort',
  sorts: {
    bestMatch: 'Best match',
    recentlyRecorded: 'Recently recorded',
    leastRecentlyRecorded: 'Least recently recorded',
    recentlyUpdated: 'Recently updated',
    leastRecentlyUpdated: 'Least recently updated',
    newest: 'Newest',
    oldest: 'Oldest',
    mostDiscussed: 'Most discussed',
    leastDiscussed: 'Least discussed',
    byId: 'By id',
    byIdLastFirst: 'By id, last first',
  },

  filter: 'Filter',
  status: 'Status',
  openOrClosed: 'Either',
  /** Where labels are in force already. */
  andLabel: 'And label',
  words: 'Words',
  order: 'Order',
  apply: 'Apply',
} as const
