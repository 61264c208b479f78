/** The help on the query language: every word that the box takes, with examples (`format.md`, "The query language"). */
import { layoutView, type PageView, type Site } from './layout.ts'

export interface QueryHelpInput {
  readonly site: Site
}

export interface QueryHelpView extends PageView {
  readonly topics: readonly HelpTopic[]
}

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

export function queryHelpPage({ site }: QueryHelpInput): QueryHelpView {
  return {
    layout: layoutView({ site, title: 'How to ask for bugs', canonical: site.links.queryHelp() }),
    topics,
  }
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
    anchor: 'order',
    heading: 'Order',
    intro: 'One at most; without any, the newest bugs come first.',
    rows: [
      row('sort:creation', 'the newest first; sort:creation-asc for the oldest'),
      row('sort:edit', 'the last changed first; sort:edit-asc for the longest untouched'),
      row('sort:id', 'by id; sort:id-desc the other way round'),
      extra('sort:comments', 'the most comments first; sort:comments-asc for the fewest'),
      extra('decoder sort:relevance', 'first what fits the words best: in the title, often, in a short text'),
    ],
  },
]
