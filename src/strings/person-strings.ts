/** Words of the page of a person, and what people without a name are called. */

export const personStrings = {
  unknown: (id: string) => `unknown (${id})`,
  unnamed: (id: string) => `unnamed (${id})`,

  openedBugsOf: (name: string, bugs: string, repository: string) => `${name} opened ${bugs} of ${repository}`,
  firstBug: 'first bug ',
  latestBug: ', latest ',
  sameName: 'Somebody else here has the same name: ',

  activity: 'Activity',
  /** Lists of bugs: in short at the top of the page, and the heading of each. */
  opened: {
    short: (bugs: string) => `opened ${bugs}`,
    heading: (bugs: string) => `Opened ${bugs}`,
  },
  commented: {
    short: (count: string) => `commented on ${count} by others`,
    heading: (bugs: string) => `Commented on ${bugs} by others`,
  },
  changed: {
    short: (count: string) => `changed ${count} by others`,
    heading: (bugs: string) => `Changed ${bugs} by others without a comment`,
  },
  open: (count: number) => `${count} open`,
  closed: (count: number) => `${count} closed`,
  showAll: (bugs: string) => `Show all ${bugs}`,
  nothing: 'Nothing here was opened, commented on or changed by this person.',

  aboutThisPerson: 'About this person',
  login: 'Login',
  email: 'E-mail',
  loginOn: (login: string, forge: string) => `${login} on ${forge}`,
  wholeId: 'Whole id',

  namesLatestFirst: 'Names, the latest first',
  noName: 'no name',
  commit: (hash: string) => `Commit ${hash}`,
  since: 'since ',
  earlierNames: ['earlier name', 'earlier names'],
  newKeys: ['new key', 'new keys'],
  takenAway: (keys: string) => `${keys} taken away`,

  keysHeading: 'Keys',
  keys: ['key', 'keys'],
  moreKeys: ['more key', 'more keys'],
  unreadableKey: 'A key that cannot be read',
  inForceSince: 'in force since ',
  inForceFrom: 'from ',
  inForceTo: ' to ',
  fromEditTime: (time: string) => `from edit time ${time}`,
  editTimes: (from: string, to: string) => `from edit time ${from} to ${to}`,
} as const
