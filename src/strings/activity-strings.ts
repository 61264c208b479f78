/** Words of the page of what happened in a repository, and of pictures over time. */

export const activityStrings = {
  title: 'Activity',
  openAndClosed: (openBugs: string, closed: string) => `${openBugs} open, ${closed} closed.`,
  openedAndClosed: 'Opened and closed',
  openBugs: 'Open bugs',
  recentlyUpdated: 'Recently updated',
  allRecentlyUpdated: 'All bugs, the last updated first',
  feedOfAllChanges: 'Feed of all changes (Atom)',
  mostDiscussed: 'Most discussed',
  labels: 'Labels',
  label: 'Label',
  allLabels: 'All labels',
  labelsByScope: 'Labels by scope',
  whoOpenedThem: 'Who opened them',
  name: 'Name',
  allPeople: 'All people',
  open: 'Open',
  all: 'All',
  nothingHappened: 'There is no bug yet, so nothing has happened.',
  noClockBelieved: 'No clock of those who wrote here can be believed, so there is no picture.',
  changesAre: ['change is', 'changes are'],
  leftOut: (changesAre: string) => `${changesAre} left out: a clock was many years off.`,
  changes: ['change', 'changes'],
  moved: (changes: string) => `${changes} with a clock behind that of what came before: shown on its day.`,
  opened: (count: string) => `▲ ${count} opened`,
  openedAndAgain: (count: string, again: string) => `▲ ${count} opened, ${again} opened again`,
  closed: (count: string) => `▼ ${count} closed`,
  /** Before the day on which the first week began. */
  inTheWeeksFrom: (weeks: number) => `in the ${weeks} weeks from`,
  units: { week: 'week', month: 'month', year: 'year' },
  /** Before the first period. */
  atTheEndOfEach: (unit: string) => `At the end of each ${unit} since`,
  /** Before the period in which it was the most. */
  nowAndAtMost: (now: string, most: string) => `${now} now, ${most} at most, in`,
  /** Before the day on which it began. */
  theWeekFrom: 'the week from',
  openedBy: (bugs: string, unit: string) => `${bugs} opened, by ${unit}`,
  numbersBy: (unit: string) => `Numbers by ${unit}`,
  numbersWithoutQuiet: (unit: string) => `Numbers by ${unit}, quiet ones left out`,
  /** Headings of the numbers. */
  columns: {
    week: 'Week from',
    month: 'Month',
    year: 'Year',
    opened: 'Opened',
    again: 'Again',
    closed: 'Closed',
    leftOpen: 'Left open',
  },
} as const
