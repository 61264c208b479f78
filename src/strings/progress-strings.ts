/** Words of the page for a repository that is being read. */

export const progressStrings = {
  reading: (repository: string) => `Reading ${repository}…`,
  firstLook:
    'The server looks at this repository for the first time since it started, or since nobody had asked for it in a while. It reads every bug once; after that, pages come at once.',
  findingOut: 'Finding out how much there is to read',
  /** The same as a part of a sentence. */
  findingOutInside: 'finding out how much there is to read',
  beingRead: (howFar: string) => `the repository is being read for the first time: ${howFar}`,
  bugsAndPeople: ['bug or person', 'bugs and people'],
  read: (done: string, bugsAndPeople: string) => `${done} of ${bugsAndPeople} read`,
  loadsItself: 'This page loads itself again until it is done.',
  loadNow: 'Load it now',
} as const
