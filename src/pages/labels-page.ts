/** The labels of a repository with what they are on, grouped by what stands before their first slash. */
import type { LabelCount } from '../bug/model.ts'
import { drawShares } from '../pictures/shares.ts'
import { createFilter } from '../query/edit.ts'
import { printFilter } from '../query/print.ts'
import { strings } from '../strings/strings.ts'
import { labelScopes } from './label-scopes.ts'
import { type LabelView, labelAddress, labelViews } from './label-view.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
import type { Site } from './site.ts'
import { countUses } from './tracker-uses.ts'
import { counted, grouped, leftOut } from './wording.ts'

export interface LabelsInput {
  readonly site: Site
  readonly repository: RepositoryInput
}

export interface LabelsView extends PageView {
  readonly heading: string
  readonly groups: readonly LabelGroupView[]
  /** How many labels are not shown, in words; empty where all are. */
  readonly more: string
  readonly jsonUrl: string
  readonly unlabelled: { readonly text: string; readonly url: string } | undefined
}

export interface LabelGroupView {
  /** Such as `kind/`; empty for labels without a scope. */
  readonly scope: string
  /** What to call them; empty where nothing has a scope. */
  readonly heading: string
  readonly labels: readonly LabelRowView[]
}

export interface LabelRowView {
  readonly label: LabelView
  readonly open: string
  readonly openUrl: string | undefined
  readonly all: string
  readonly allUrl: string | undefined
  /** SVG that compares the numbers with those of the label that is used most. */
  readonly bar: string
}

const { common, labels: words } = strings

const maxShown = 5000

export function labelsPage({ site, repository }: LabelsInput): LabelsView {
  const { links } = site
  const { name, tracker } = repository
  const uses = countUses(tracker)
  const view = labelViews(site.look, labelAddress(links, name))
  const most = tracker.labels.reduce((largest, { bugs }) => Math.max(largest, bugs), 0)
  const row = (label: LabelCount): LabelRowView => {
    const shown = view(label.name)
    const filter = shown.url === undefined ? undefined : createFilter('label', label.name)
    const openBugs = uses.open.labels.get(label.name) ?? 0
    return {
      label: shown,
      open: grouped(openBugs),
      openUrl: filter && links.bugs(name, { q: `status:open ${printFilter(filter)}` }),
      all: grouped(label.bugs),
      allUrl: shown.url,
      bar: drawShares(
        [
          { count: openBugs, kind: 'open' },
          { count: label.bugs - openBugs, kind: 'closed' },
        ],
        most,
      ),
    }
  }
  const scopes = labelScopes(tracker.labels.slice(0, maxShown))
  return {
    layout: layoutView({
      site,
      title: words.title,
      repository,
      tab: 'labels',
      canonical: links.labels(name),
      formats: [{ label: common.formats.json, type: 'application/json', url: links.labelsJson(name) }],
    }),
    heading: counted(tracker.labels.length, ...common.nouns.label),
    more: leftOut(tracker.labels.length, maxShown, words.moreLabelsAre),
    jsonUrl: links.labelsJson(name),
    groups: scopes.map(({ scope, labels }) => ({
      scope,
      heading: scope !== '' ? scope.slice(0, -1) : scopes.length > 1 ? words.withoutAScope : '',
      labels: labels.map(row),
    })),
    unlabelled:
      uses.all.unlabelled === 0
        ? undefined
        : {
            text: counted(uses.all.unlabelled, ...words.withoutALabel),
            url: links.bugs(name, { q: 'no:label' }),
          },
  }
}
