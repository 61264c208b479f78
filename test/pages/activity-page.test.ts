/** What happened, as the page and the pictures of people show it; and labels with their shares. */
import { describe, expect, test } from 'vitest'
import { activityJson, activityPage } from '../../src/pages/activity-page.ts'
import { bugsBadge, failureBadge } from '../../src/pages/badge.ts'
import { labelsPage } from '../../src/pages/labels-page.ts'
import { largest } from '../../src/pages/largest.ts'
import { createLinks } from '../../src/pages/links.ts'
import { personActivity } from '../../src/pages/person-activity.ts'
import { createSite } from '../../src/pages/site.ts'
import { at, type BugParts, inventBug, inventIdentity, inventTracker } from '../support/invented-tracker.ts'
import { hostileText } from '../support/kiln.ts'
import { parseXml } from '../support/xml.ts'

const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) })
const ada = inventIdentity('ada', { name: 'Ada' })
const tomas = inventIdentity('tomas', { name: 'Tomas' })

const opened = (author: string, time: string, text = ''): BugParts['events'][number] => [
  author,
  at(time),
  { type: 'create', text },
]
const status = (time: string, now: 'open' | 'closed'): BugParts['events'][number] => [
  'ada',
  at(time),
  { type: 'status', status: now },
]
const replies = (count: number): BugParts['events'] =>
  Array.from({ length: count }, () => ['ada', at('2024-03-06 00:00'), { type: 'comment', text: '' }])

const bugs = [
  inventBug(1, {
    title: 'first',
    status: 'closed',
    labels: ['area/ui', 'kind/bug'],
    events: [opened('ada', '2023-01-02 10:00'), ...replies(2), status('2024-03-05 10:00', 'closed')],
  }),
  inventBug(2, {
    title: 'again',
    labels: ['area/ui'],
    events: [
      opened('tomas', '2024-03-04 10:00'),
      status('2024-03-05 11:00', 'closed'),
      status('2024-03-20 10:00', 'open'),
      ...replies(7),
    ],
  }),
  inventBug(3, { title: 'quiet', labels: ['area/api'], events: [opened('ada', '2024-03-18 10:00')] }),
  inventBug(4, { title: 'quiet too', events: [opened('ada', '2024-03-19 10:00')] }),
]
const tracker = inventTracker({ bugs, identities: [ada, tomas] })
const repository = { name: 'kiln', tracker }
const view = activityPage({ site, repository })

/** The rows of the table below a picture. */
function rowsOf(figure: string): string[][] {
  return [...figure.matchAll(/<tr>(.*)<\/tr>/g)].slice(1).map(([, row]) =>
    row!
      .split(/<\/t[hd]>/)
      .map(cell => cell.replace(/<[^>]*>/g, ''))
      .filter(text => text !== ''),
  )
}

describe('the activity page', () => {
  test('counts by week in the year before the last thing that happened, and leads to what was opened', () => {
    expect(rowsOf(view.weeks)).toEqual([
      ['2024-03-04', '1', '0', '2', '0'],
      ['2024-03-18', '2', '1', '0', '3'],
    ])
    expect(view.weeks).toContain('href="/kiln/-/bugs?q=created:2024-03-18..2024-03-24" rel="nofollow">2</a>')
    expect(view.weeks).toContain('▲ 3 opened, 1 opened again')
    expect(view.weeks).toContain('▼ 2 closed')
    expect(view.weeks).toContain('in the 52 weeks from <span>2023-03-27</span>')
  })

  test('shows how many were open over all of the time', () => {
    expect(rowsOf(view.history)).toEqual([
      ['2023-01-02', '1', '0', '1'],
      ['2024-03-04', '1', '2', '0'],
      ['2024-03-18', '2', '0', '3'],
    ])
    expect(view.history).toContain('3 now, 3 at most, in')
  })

  test('has the labels, scopes and people with the most bugs, the bugs with the most replies', () => {
    expect(view.labels.map(({ what, open, all, openUrl }) => [what.value, open, all, openUrl])).toEqual([
      ['ui', '1', '2', '/kiln/-/bugs?q=status:open+label:area/ui'],
      ['api', '1', '1', '/kiln/-/bugs?q=status:open+label:area/api'],
      ['bug', '0', '1', '/kiln/-/bugs?q=status:open+label:kind/bug'],
    ])
    expect(
      view.scopes.map(({ name, labels }) => [name, labels.map(({ label, count }) => [label.value, count])]),
    ).toEqual([
      [
        'area',
        [
          ['ui', '2'],
          ['api', '1'],
        ],
      ],
    ])
    expect(view.scopes[0]?.boardUrl).toBe('/kiln/-/bugs?group=area')
    expect(view.people.map(({ what, open, all }) => [what.name, open, all])).toEqual([
      ['Ada', '2', '3'],
      ['Tomas', '1', '1'],
    ])
    expect(view.discussed.map(({ title, replies: number }) => [title, number])).toEqual([
      ['again', 7],
      ['first', 2],
    ])
    expect(view.notes).toEqual([])
  })

  test('begins its lists with what was updated last, by date and not by who came last, but for impossible dates', () => {
    const later = (id: number, title: string, editedAt: number, editLamport: number) => ({
      ...inventBug(id, { title, events: [opened('ada', '2024-03-19 10:00')] }),
      editedAt,
      editLamport,
    })
    const some = inventTracker({
      bugs: [later(1, 'old', 1_600_000_000, 9), later(2, 'new', 1_700_000_000, 5), later(3, 'never', 1e15, 7)],
      identities: [ada],
    })
    const { recent, recentUrl, feedUrl } = activityPage({ site, repository: { name: 'kiln', tracker: some } })
    expect(recent.map(({ title }) => title)).toEqual(['new', 'old'])
    expect(recentUrl).toBe('/kiln/-/bugs?q=sort:updated-desc')
    expect(feedUrl).toBe('/kiln/-/bugs.atom?q=')
  })

  test('says what the pictures leave out', () => {
    const late = inventBug(5, {
      title: 'late',
      events: [['ada', Number.MAX_SAFE_INTEGER, { type: 'create', text: '' }]],
    })
    const early = inventBug(6, {
      title: 'early',
      status: 'closed',
      events: [opened('ada', '2024-03-19 10:00'), status('2024-03-01 10:00', 'closed')],
    })
    const odd = { name: 'kiln', tracker: inventTracker({ bugs: [...bugs, late, early], identities: [] }) }
    expect(activityPage({ site, repository: odd }).notes).toEqual([
      '1 change is left out: a clock was many years off.',
      '1 change with a clock behind that of what came before: shown on its day.',
    ])
    const none = { name: 'kiln', tracker: inventTracker({ bugs: [late], identities: [] }) }
    const shown = activityPage({ site, repository: none })
    expect([shown.weeks, shown.notes]).toEqual(['', [expect.stringContaining('No clock')]])
  })

  test('of nothing has nothing', () => {
    const empty = inventTracker({ bugs: [], identities: [] })
    expect(activityPage({ site, repository: { name: 'new', tracker: empty } })).toMatchObject({
      weeks: '',
      history: '',
      notes: [],
      labels: [],
      scopes: [],
      people: [],
      discussed: [],
    })
    expect(activityJson(empty)).toEqual({
      openBugs: 0,
      closedBugs: 0,
      lastActivity: null,
      weeks: [],
      history: { unit: null, periods: [] },
      leftOut: 0,
      moved: 0,
    })
  })

  test('says the same to programs', () => {
    const json = activityJson(tracker)
    expect(json).toMatchObject({ openBugs: 3, closedBugs: 1, leftOut: 0, moved: 0, history: { unit: 'week' } })
    expect(json.weeks).toHaveLength(52)
    expect(json.weeks.at(-1)).toEqual({ from: '2024-03-18', opened: 2, reopened: 1, closed: 0, open: 3 })
  })
})

describe('the activity of a person', () => {
  test('is when they opened bugs', () => {
    const picture = personActivity({ site, repository, identityId: ada.id })
    expect(picture).toContain('3 bugs opened, by month')
    expect(rowsOf(picture)).toEqual([
      ['2023-01', '1'],
      ['2024-03', '2'],
    ])
    expect(picture).toContain(`href="/kiln/-/bugs?q=author:${ada.id.slice(0, 7)}+created:2024-03"`)
  })

  test('is no picture where there is hardly any', () => {
    expect(personActivity({ site, repository, identityId: tomas.id })).toBe('')
  })
})

describe('the labels', () => {
  test('have headings by scope and bars in proportion to the label that is used most', () => {
    const { groups } = labelsPage({ site, repository })
    expect(groups.map(({ heading }) => heading)).toEqual(['area', 'kind'])
    expect(
      groups.flatMap(({ labels }) => labels.map(({ bar }) => bar.match(/<path class="\w+" d="M\d+ 0h\d+/g))),
    ).toEqual([
      ['<path class="open" d="M0 0h496'],
      ['<path class="open" d="M0 0h496', '<path class="closed" d="M500 0h496'],
      ['<path class="closed" d="M0 0h496'],
    ])
  })

  test('have no heading where none has a scope', () => {
    const plain = [inventBug(1, { title: 'x', labels: ['urgent'], events: [opened('ada', '2024-03-04 10:00')] })]
    const { groups } = labelsPage({
      site,
      repository: { name: 'k', tracker: inventTracker({ bugs: plain, identities: [] }) },
    })
    expect(groups.map(({ heading }) => heading)).toEqual([''])
  })
})

describe('a badge', () => {
  const words = (svg: string) => parseXml(svg).attributes.get('aria-label')

  test('counts in words that fit the query', () => {
    expect(words(bugsBadge({ count: 1204, status: 'open', label: undefined }))).toBe('bugs: 1,204 open')
    expect(words(bugsBadge({ count: 0, status: 'closed', label: 'fixed' }))).toBe('fixed: 0 closed')
    expect(words(bugsBadge({ count: 3, status: undefined, label: ' ' }))).toBe('bugs: 3')
  })

  test('has whatever label it is given, visible and short', () => {
    const label = words(
      bugsBadge({ count: 1, status: 'open', label: `\ud800\u0007${hostileText}${'y'.repeat(10_000)}` }),
    )
    expect(label).toContain('[U+0007]<script>alert(1)</script>"\' onload')
    expect(label!.length).toBeLessThan(80)
  })

  test('says why there is no number', () => {
    expect(words(failureBadge('QUERY_INVALID'))).toBe('bugs: bad query')
    expect(words(failureBadge(undefined))).toBe('bugs: not available')
  })
})

test('the largest are found in order, the first of equal ones first', () => {
  const items = [3, 1, 0, 5, 3.5, 5, -1, Number.NaN].map((size, place) => ({ size, place }))
  expect(largest(items, 3, ({ size }) => size).map(({ place }) => place)).toEqual([3, 5, 4])
  expect(largest(items, 99, ({ size }) => size).map(({ place }) => place)).toEqual([3, 5, 4, 0, 1])
})
