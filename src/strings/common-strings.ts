/** Words that several pages share. */

export const commonStrings = {
  unknownDate: 'unknown date',
  by: ' by ',
  /** What ends a list that was cut. */
  andMore: (more: string) => `and ${more}`,
  /** `a`, `a and b`, `a, b and c`. */
  listed: (parts: readonly string[]) =>
    parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`,
  /** Beside the name of a person who is a program. */
  bot: 'bot',
  importedFrom: 'Imported from',
  inYourClone: 'In your clone',
  takeAway: 'Take away',
  /** After a time. */
  utc: ' UTC',
  open: 'Open',
  closed: 'Closed',
  /** Things that are counted: one, and several. */
  nouns: {
    bug: ['bug', 'bugs'],
    day: ['day', 'days'],
    hour: ['hour', 'hours'],
    minute: ['minute', 'minutes'],
    openBug: ['open bug', 'open bugs'],
    closedBug: ['closed bug', 'closed bugs'],
    entity: ['entity', 'entities'],
    label: ['label', 'labels'],
    moreBug: ['more bug', 'more bugs'],
    moreLabel: ['more label', 'more labels'],
    moreRepository: ['more repository', 'more repositories'],
    person: ['person', 'people'],
    reply: ['reply', 'replies'],
    repository: ['repository', 'repositories'],
    second: ['second', 'seconds'],
    time: ['time', 'times'],
  },
  /** What the other formats of a page are called. */
  formats: {
    atom: 'Feed (Atom)',
    csv: 'CSV',
    json: 'JSON',
    markdown: 'Markdown',
    mbox: 'mbox',
    ndjson: 'NDJSON',
    text: 'Text',
  },
  /** A row of a list: when it was opened, and when it was updated. */
  openedOn: 'opened ',
  updatedOn: 'updated ',
  /** After `+3`, for those who hear it. */
  moreLabels: (count: number) => (count === 1 ? ' more label' : ' more labels'),
  /** `2 of 3 repositories`. */
  someOf: (count: string, things: string) => `${count} of ${things}`,
  /** A link to what a page could not take in. */
  theRest: 'The rest',
  jsonOfThisPage: 'the JSON of this page',
  couldNotBeRead: (entities: string) => `${entities} could not be read`,
  query: 'Query',
  search: 'Search',
  queryMistakeTitle: 'A mistake in the query',
  queryCannotBeRead: 'This query cannot be read',
  searchFor: (query: string) => `Search for ${query}`,
  everythingAQueryCanSay: 'Everything that a query can say',
} as const
