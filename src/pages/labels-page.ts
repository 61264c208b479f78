/** The labels of a repository with what they are on, grouped by what stands before their first slash. */
import { createFilter } from '../query/edit.ts'
import { printFilter } from '../query/print.ts'
import { type LabelView, labelAddress, labelViews } from './label-view.ts'
import { layoutView, type PageView, type RepositoryInput, type Site } from './layout.ts'
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
  readonly labels: readonly LabelRowView[]
}

export interface LabelRowView {
  readonly label: LabelView
  readonly open: string
  readonly openUrl: string | undefined
  readonly all: string
  readonly allUrl: string | undefined
}

const maxShown = 5000

export function labelsPage({ site, repository }: LabelsInput): LabelsView {
  const { links } = site
  const { name, tracker } = repository
  const open = new Map<string, number>()
  let unlabelled = 0
  for (const { status, labels } of tracker.bugs) {
    if (labels.length === 0) unlabelled++
    if (status === 'open') for (const label of labels) open.set(label, (open.get(label) ?? 0) + 1)
  }
  const view = labelViews(labelAddress(links, name))
  const groups = new Map<string, LabelRowView[]>()
  for (const label of tracker.labels.slice(0, maxShown)) {
    const shown = view(label.name)
    const filter = shown.url === undefined ? undefined : createFilter('label', label.name)
    const row = {
      label: shown,
      open: grouped(open.get(label.name) ?? 0),
      openUrl: filter && links.bugs(name, { q: `status:open ${printFilter(filter)}` }),
      all: grouped(label.bugs),
      allUrl: shown.url,
    }
    const group = groups.get(shown.scope)
    if (group === undefined) groups.set(shown.scope, [row])
    else group.push(row)
  }
  return {
    layout: layoutView({
      site,
      title: 'Labels',
      repository,
      tab: 'labels',
      canonical: links.labels(name),
      formats: [{ label: 'JSON', type: 'application/json', url: links.labelsJson(name) }],
    }),
    heading: counted(tracker.labels.length, 'label', 'labels'),
    more: leftOut(tracker.labels.length, maxShown, ['more label is', 'more labels are']),
    jsonUrl: links.labelsJson(name),
    // Scopes first, by name; what has none at the end.
    groups: [...groups]
      .map(([scope, labels]) => ({ scope, labels }))
      .sort((a, b) => Number(a.scope === '') - Number(b.scope === '') || (a.scope < b.scope ? -1 : 1)),
    unlabelled:
      unlabelled === 0
        ? undefined
        : {
            text: counted(unlabelled, 'bug without a label', 'bugs without a label'),
            url: links.bugs(name, { q: 'no:label' }),
          },
  }
}
