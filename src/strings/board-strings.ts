/** Words of boards. */

export const boardStrings = {
  bugsBy: (grouping: string) => `Bugs by ${grouping}`,
  /** What the columns are, where it is no scope of labels. */
  groupings: { status: 'status', author: 'author' },
  /** The heading of the bugs without a value. */
  none: (grouping: string) => `No ${grouping}`,
  by: 'by ',
  smallerColumnsAre: ['smaller column is', 'smaller columns are'],
  notShown: (smallerColumnsAre: string) => `${smallerColumnsAre} not shown.`,
} as const
