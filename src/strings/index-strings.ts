/** Words of the list of repositories. */

export const indexStrings = {
  heading: 'Repositories',
  findARepository: 'Find a repository',
  order: 'Order',
  sortBy: 'Sort by',
  sorts: { name: 'Name', activity: 'Last activity', open: 'Open bugs' },
  repository: 'Repository',
  owner: 'Owner',
  open: 'Open',
  closed: 'Closed',
  lastActivity: 'Last activity',
  noneFound: 'No repository has these words in its name, description or owner.',
  showAll: 'Show all repositories',

  noneConfigured: 'No repository is configured yet',
  startWithAFolder: 'Start the viewer with the folder of a git repository, or a folder that holds several:',
  /** Around names of settings and files. */
  orListThemUnder: 'or list them under ',
  inASettingsFile: ' in a settings file and start it with ',
  andSee: '; ',
  explainsEverySetting: ' explains every setting.',
} as const
