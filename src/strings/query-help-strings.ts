/**
 * Words of the help on queries. Examples stand here too, beside what they mean: the words that they look for are words
 * of the language in which they are explained.
 */

export interface HelpTopic {
  /** Its place on the page. */
  readonly anchor: string
  readonly heading: string
  readonly intro: string
  readonly rows: readonly HelpRow[]
}

export interface HelpRow {
  readonly example: string
  readonly meaning: string
  /** Only in this viewer, not in git-bug itself. */
  readonly isExtra: boolean
}

const row = (example: string, meaning: string): HelpRow => ({ example, meaning, isExtra: false })
const extra = (example: string, meaning: string): HelpRow => ({ example, meaning, isExtra: true })

const topics: readonly HelpTopic[] = [
  {
    anchor: 'words',
    heading: 'Words',
    intro:
      'What is not a qualifier is looked up in titles and comments, without regard to case and accents. All words must be there.',
    rows: [
      row('crash decoder', 'bugs that say both “crash” and “decoder”, also as a part of a longer word'),
      row(
        '"empty frame"',
        'quotes keep words together: one after the other, whatever stands between them, and the last may go on',
      ),
      extra('frame.length', 'with signs in it: exactly as it is written'),
      extra('crash -decoder', 'a minus before a word: bugs that do not say it'),
      extra('crash in:title', 'words are looked up in the title only'),
    ],
  },
  {
    anchor: 'status',
    heading: 'Status',
    intro: 'Several of these mean any of them.',
    rows: [
      row('status:open', 'open bugs'),
      row('status:closed', 'closed bugs'),
      extra('is:open', 'the same as status:open'),
    ],
  },
  {
    anchor: 'people',
    heading: 'People',
    intro:
      'The value is a part of the name or the login, or the beginning of the person’s id. Several of one kind mean any of them.',
    rows: [
      row('author:ada', 'bugs that Ada opened'),
      row('participant:"Ada Marsh"', 'bugs that Ada opened or commented on'),
      row('actor:3998add', 'bugs that this person changed in any way'),
      extra('involves:ada', 'bugs that Ada opened, commented on or changed'),
      extra('-author:bot', 'bugs that nobody called bot opened'),
    ],
  },
  {
    anchor: 'labels',
    heading: 'Labels',
    intro: 'The value is the whole label. Several mean all of them.',
    rows: [
      row('label:kind/bug', 'bugs with this label'),
      row('label:"good first issue"', 'a label with spaces goes into quotes'),
      row('no:label', 'bugs without any label'),
      extra('-label:wontfix', 'bugs without this label'),
    ],
  },
  {
    anchor: 'titles',
    heading: 'Titles, ids and metadata',
    intro: 'Several titles mean all of them; several ids or metadata mean any of them.',
    rows: [
      row('title:schedule', 'the title contains this, without regard to case'),
      extra('id:4f3a9c1', 'the id starts like this'),
      extra('4f3a9c1', 'seven or more digits of an id, alone in the box: leads to that bug'),
      extra('#212', 'alone in the box: leads to the bug that was imported under this number'),
      extra('"4f3a9c1"', 'in quotes: bugs whose texts mention it'),
      row(
        'metadata:github-url:"https://example.org/kiln/issues/212"',
        'what a bridge noted when it imported the bug; a value with colons goes into quotes',
      ),
    ],
  },
  {
    anchor: 'dates',
    heading: 'Dates and numbers',
    intro:
      'Dates are in UTC; a year or a month means all of it. Both ends of a range are included, and one may be left out.',
    rows: [
      extra('created:2026-11', 'opened in November 2026'),
      extra('created:2025..2026-06', 'opened from January 2025 to June 2026'),
      extra('updated:>=2026-11-03', 'last changed on that day or later'),
      extra('comments:>5', 'more than five comments, counting the description'),
      extra('comments:2..10', 'two to ten comments'),
    ],
  },
  {
    anchor: 'everywhere',
    heading: 'In all repositories',
    intro:
      'The same queries work in “Search everything”, at /-/search. Where one bug, comment or person is wanted, /-/go takes:',
    rows: [
      extra('4f3a9c1', 'an id or its first digits, of a comment seven at least'),
      extra('#212, pots/kiln#212', 'the number that a bug was imported under'),
      extra('https://example.org/pots/kiln/issues/212', 'the address that it was imported from'),
    ],
  },
  {
    anchor: 'order',
    heading: 'Order',
    intro: 'One at most; without any, the newest bugs come first.',
    rows: [
      row('sort:creation', 'the newest first; sort:creation-asc for the oldest'),
      row(
        'sort:edit',
        'the last recorded first, in the order in which git-bug learned of changes, whatever their dates say; sort:edit-asc the other way round',
      ),
      extra('sort:updated', 'the last changed first, by date; sort:updated-asc for the longest untouched'),
      row('sort:id', 'by id; sort:id-desc the other way round'),
      extra('sort:comments', 'the most comments first; sort:comments-asc for the fewest'),
      extra('decoder sort:relevance', 'first what fits the words best: in the title, often, in a short text'),
    ],
  },
]

export const queryHelpStrings = {
  title: 'How to ask for bugs',
  /** Around a command, an example and a mark. */
  sameAsOnTheCommandLine: 'Queries are the same as on the command line, in ',
  madeOf: '. They are made of words and of qualifiers such as ',
  howTheyAreRead: ', with spaces between them; a bug is found where all of it is true. What is marked with ',
  onlyHere: ' works only here.',
  onlyInThisViewer: 'Only in this viewer',
  topics,
} as const
