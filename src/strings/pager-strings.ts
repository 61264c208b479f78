/** Words of the links to the pages of a long list. */

export const pagerStrings = {
  pages: 'Pages',
  /** Before a number, for those who hear it. */
  page: 'Page ',
  previous: 'Previous',
  next: 'Next',
  range: (first: string, last: string, total: string) => `${first}–${last} of ${total}`,
} as const
