/** Words of the list of people. */

export const peopleStrings = {
  title: 'People',
  nameLoginOrId: 'Name, login or id',
  find: 'Find',

  name: 'Name',
  id: 'Id',
  opened: 'Opened',
  commented: 'Commented',
  changed: 'Changed',

  nobody: 'Nobody has an identity in this repository.',
  notFound: 'No name, login or id has this in it.',
  morePeople: ['more person is', 'more people are'],
  /** Between how many more there are and where. */
  in: ' in ',
} as const
