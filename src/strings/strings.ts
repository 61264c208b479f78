/**
 * Every word that the viewer itself says on its pages, in one place: templates find them as `it.strings`, view models
 * import them from here. Each page has a file of its own. Constants and functions of numbers and words; no HTML, and
 * nothing that people wrote: what a sentence is about is put in by those who escape it.
 *
 * Not here: messages for operators (settings, log, command line) and the texts of errors in `base/errors.ts`, which
 * programs read too.
 */
import { aboutStrings } from './about-strings.ts'
import { activityStrings } from './activity-strings.ts'
import { badgeStrings } from './badge-strings.ts'
import { boardStrings } from './board-strings.ts'
import { bugStrings } from './bug-strings.ts'
import { choicesStrings } from './choices-strings.ts'
import { commonStrings } from './common-strings.ts'
import { editsStrings } from './edits-strings.ts'
import { errorStrings } from './error-strings.ts'
import { exportStrings } from './export-strings.ts'
import { feedStrings } from './feed-strings.ts'
import { filterStrings } from './filter-strings.ts'
import { goStrings } from './go-strings.ts'
import { indexStrings } from './index-strings.ts'
import { labelsStrings } from './labels-strings.ts'
import { layoutStrings } from './layout-strings.ts'
import { listStrings } from './list-strings.ts'
import { mirrorStrings } from './mirror-strings.ts'
import { pagerStrings } from './pager-strings.ts'
import { peopleStrings } from './people-strings.ts'
import { personStrings } from './person-strings.ts'
import { problemsStrings } from './problems-strings.ts'
import { progressStrings } from './progress-strings.ts'
import { queryHelpStrings } from './query-help-strings.ts'
import { searchStrings } from './search-strings.ts'
import { textStrings } from './text-strings.ts'
import { timelineStrings } from './timeline-strings.ts'

export const strings = {
  common: commonStrings,
  about: aboutStrings,
  activity: activityStrings,
  badge: badgeStrings,
  board: boardStrings,
  bug: bugStrings,
  choices: choicesStrings,
  edits: editsStrings,
  error: errorStrings,
  export: exportStrings,
  feed: feedStrings,
  filter: filterStrings,
  go: goStrings,
  index: indexStrings,
  labels: labelsStrings,
  layout: layoutStrings,
  list: listStrings,
  mirror: mirrorStrings,
  pager: pagerStrings,
  people: peopleStrings,
  person: personStrings,
  problems: problemsStrings,
  progress: progressStrings,
  queryHelp: queryHelpStrings,
  search: searchStrings,
  text: textStrings,
  timeline: timelineStrings,
} as const
