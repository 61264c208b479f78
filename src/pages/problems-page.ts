/** What of a repository could not be read, each with its ref and the reason. Both may hold text of strangers. */
import { layoutView, type PageView, type RepositoryInput, type Site } from './layout.ts'
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

const maxShown = 1000
const maxChars = 500

export function problemsPage({ site, repository }: ProblemsInput): ProblemsView {
  const { links } = site
  const { name, tracker } = repository
  const { problems } = tracker
  return {
    layout: layoutView({
      site,
      title: 'Problems',
      repository,
      tab: 'problems',
      canonical: links.problems(name),
      indexed: false,
      formats: [{ label: 'JSON', type: 'application/json', url: links.problemsJson(name) }],
    }),
    heading:
      problems.length === 0
        ? 'Everything could be read'
        : `${counted(problems.length, 'entity', 'entities')} could not be read`,
    problems: problems.slice(0, maxShown).map(({ ref, reason }) => ({
      ref: shownText(ref, maxChars),
      reason: shownText(reason, maxChars),
    })),
    more: leftOut(problems.length, maxShown, ['more is', 'more are']),
    jsonUrl: links.problemsJson(name),
  }
}
