/** What of a repository could not be read, each with its ref and the reason. Both may hold text of strangers. */
import { strings } from '../strings/strings.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
import type { Site } from './site.ts'
import { counted, leftOut, shownText } from './wording.ts'

export interface ProblemsInput {
  readonly site: Site
  readonly repository: RepositoryInput
}

export interface ProblemsView extends PageView {
  readonly heading: string
  readonly problems: readonly { readonly ref: string; readonly reason: string }[]
  /** How many are not shown, in words; empty where all are. */
  readonly more: string
  readonly jsonUrl: string
}

const { common, problems: words } = strings

const maxShown = 1000
const maxChars = 500

export function problemsPage({ site, repository }: ProblemsInput): ProblemsView {
  const { links } = site
  const { name, tracker } = repository
  const { problems } = tracker
  return {
    layout: layoutView({
      site,
      title: words.title,
      repository,
      tab: 'problems',
      canonical: links.problems(name),
      indexed: false,
      formats: [{ label: common.formats.json, type: 'application/json', url: links.problemsJson(name) }],
    }),
    heading:
      problems.length === 0
        ? words.everythingRead
        : common.couldNotBeRead(counted(problems.length, ...common.nouns.entity)),
    problems: problems.slice(0, maxShown).map(({ ref, reason }) => ({
      ref: shownText(ref, maxChars),
      reason: shownText(reason, maxChars),
    })),
    more: leftOut(problems.length, maxShown, words.moreAre),
    jsonUrl: links.problemsJson(name),
  }
}
