import { describe, expect, test } from 'vitest'
import { labelsPage } from '../../src/pages/labels-page.ts'
import { createLinks } from '../../src/pages/links.ts'
import { problemsPage } from '../../src/pages/problems-page.ts'
import { createSite } from '../../src/pages/site.ts'
import { inventBug, inventIdentity, inventTracker } from '../support/invented-tracker.ts'

const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) })
const ada = inventIdentity('ada', { name: 'Ada Marsh', login: 'ada', names: ['A. Marsh'], keys: ['k', 'l'] })
const tomas = inventIdentity('tomas', { login: 'tomas' })
const quiet = inventIdentity('quiet', { name: 'Quiet' })
const bugs = [
  inventBug(1, { title: 'one', labels: ['kind/bug', 'urgent'], events: [['ada', 1000, { type: 'create', text: '' }]] }),
  inventBug(2, {
    title: 'two',
    labels: ['kind/bug'],
    status: 'closed',
    events: [
      ['tomas', 2000, { type: 'create', text: '' }],
      ['ada', 3000, { type: 'comment', text: '' }],
    ],
  }),
  inventBug(3, { title: 'three', events: [['tomas', 4000, { type: 'create', text: '' }]] }),
]
const tracker = inventTracker({ bugs, identities: [quiet, ada, tomas] })
const repository = { name: 'kiln', tracker }

describe('the labels', () => {
  test('are grouped by scope, those without one last, with counts of open and of all bugs', () => {
    const view = labelsPage({ site, repository })
    expect(view.heading).toBe('2 labels')
    expect(
      view.groups.map(({ scope, labels }) => [scope, labels.map(row => [row.label.value, row.open, row.all])]),
    ).toEqual([
      ['kind/', [['bug', '1', '2']]],
      ['', [['urgent', '1', '1']]],
    ])
    expect(view.groups[0]?.labels[0]).toMatchObject({
      openUrl: '/kiln/-/bugs?q=status:open+label:kind/bug',
      allUrl: '/kiln/-/bugs?q=label:kind/bug',
    })
    expect(view.unlabelled).toEqual({ text: '1 bug without a label', url: '/kiln/-/bugs?q=no:label' })
  })
})

describe('the problems', () => {
  test('are shown with ref and reason, hidden characters in them too', () => {
    const problems = [{ ref: 'refs/bugs/x\u202e', reason: 'y'.repeat(1000) }]
    const view = problemsPage({
      site,
      repository: { name: 'kiln', tracker: inventTracker({ bugs, identities: [], problems }) },
    })
    expect(view).toMatchObject({ heading: '1 entity could not be read', more: '' })
    expect(view.problems[0]?.ref).toBe('refs/bugs/x[U+202E]')
    expect(view.problems[0]?.reason).toHaveLength(500)
    expect(view.layout.problems).toMatchObject({ text: '1 entity could not be read', current: true })
  })

  test('of very many it says how many are not shown', () => {
    const problems = Array.from({ length: 1003 }, (_, index) => ({ ref: `refs/bugs/${index}`, reason: 'x' }))
    const view = problemsPage({
      site,
      repository: { name: 'kiln', tracker: inventTracker({ bugs, identities: [], problems }) },
    })
    expect(view.problems).toHaveLength(1000)
    expect(view.more).toBe('3 more are')
  })

  test('none is good news, and no page links to them', () => {
    expect(problemsPage({ site, repository }).heading).toBe('Everything could be read')
    expect(labelsPage({ site, repository }).layout.problems).toBeUndefined()
  })
})
