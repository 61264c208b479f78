/** The page for a prefix that several ids start with (status 300): what it can mean, each with its link. */
import { type BugSummary, humanId, type Identity } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import { shortTitle, statusWord } from './bug-row.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
import { personName } from './person-view.ts'
import type { Site } from './site.ts'
import { leftOut, shownText } from './wording.ts'

export interface ChoicesInput {
  readonly site: Site
  readonly repository: RepositoryInput
  /** As the visitor wrote it. */
  readonly prefix: string
  /** What it can mean: bugs, or people. */
  readonly matches: readonly (BugSummary | Identity)[]
}

export interface ChoicesView extends PageView {
  readonly heading: string
  readonly prefix: string
  readonly choices: readonly ChoiceView[]
  /** How many are not shown, in words; empty where all are. */
  readonly more: string
}

export interface ChoiceView {
  readonly url: string
  readonly text: string
  /** As many digits as tell the choices apart. */
  readonly id: string
  /** Of a bug, else empty. */
  readonly status: string
  readonly statusWord: string
}

const maxShown = 100
const maxPrefixChars = 64

export function choicesPage({ site, repository, prefix, matches }: ChoicesInput): ChoicesView {
  const { links } = site
  const { name } = repository
  const digits = digitsNeeded(matches.map(({ id }) => id))
  return {
    layout: layoutView({ site, title: strings.choices.whichOne, repository, indexed: false }),
    heading: strings.choices.whichOne,
    prefix: shownText(prefix, maxPrefixChars),
    choices: matches.slice(0, maxShown).map(match => {
      const id = match.id.slice(0, digits)
      if (!('status' in match)) {
        return { url: links.person(name, match.id), text: personName(match.id, match), id, status: '', statusWord: '' }
      }
      const { status } = match
      return {
        url: links.bug(name, match.id),
        text: shortTitle(match.title),
        id,
        status,
        statusWord: statusWord(match),
      }
    }),
    more: leftOut(matches.length, maxShown, strings.choices.more),
  }
}

/** The shortest prefix, at least a human id, by which the ids differ. */
function digitsNeeded(ids: readonly string[]): number {
  const sorted = ids.toSorted()
  let digits = humanId(sorted[0] ?? '').length
  for (let index = 1; index < sorted.length; index++) {
    const a = sorted[index - 1] ?? ''
    const b = sorted[index] ?? ''
    while (digits < a.length && a.startsWith(b.slice(0, digits))) digits++
  }
  return digits
}
