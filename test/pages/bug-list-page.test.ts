import { describe, expect, test } from 'vitest'
import { createLinks } from '../../src/pages/links.ts'
import { inventBug, inventIdentity, inventTracker } from '../support/invented-tracker.ts'
import { hostileText, inventKiln } from '../support/kiln.ts'
import { listPage } from '../support/preview.ts'

const site = { title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) }
const kiln = inventKiln()
const repository = { name: 'tools/kiln', tracker: kiln.tracker }
const list = (text?: string, page?: number) =>
  listPage({ site, repository, ...(text === undefined ? {} : { text }), ...(page === undefined ? {} : { page }) })
const q = (url: string) => new URLSearchParams(url.split('?')[1] ?? '').get('q')

describe('the list of bugs', () => {
  test('without a query shows the open bugs, the last changed first, and says so in the box', () => {
    const view = list()
    expect(view.text).toBe('status:open sort:edit-desc')
    expect(view.rows[0]).toMatchObject({ title: 'Firing schedule is lost when the controller restarts', replies: 3 })
    expect(view.rows.every(({ status }) => status === 'open')).toBe(true)
    expect(view.layout).toMatchObject({ canonical: '/tools/kiln/-/bugs', indexed: true })
  })

  test('keeps the box as the visitor left it', () => {
    expect(list('  STATUS:closed ').text).toBe('  STATUS:closed ')
    expect(list(`"${hostileText}`).text).toBe(`"${hostileText}`)
    expect(list('').text).toBe('')
  })

  test('has tabs with counts that keep the rest of the query', () => {
    const view = list('status:open label:kind/bug sort:comments')
    expect(view.tabs.map(({ text, count, url, current }) => [text, count, q(url), current])).toEqual([
      ['Open', '25', 'status:open label:kind/bug sort:comments-desc', true],
      ['Closed', '0', 'status:closed label:kind/bug sort:comments-desc', false],
      ['All', '25', 'label:kind/bug sort:comments-desc', false],
    ])
  })

  test('no tab is current where the query leaves no bug to any', () => {
    expect(list('status:open -status:open').tabs.map(({ current }) => current)).toEqual([false, false, false])
  })

  test('the link to the default query is the short address', () => {
    expect(list('status:closed sort:edit-desc').tabs[0]?.url).toBe('/tools/kiln/-/bugs')
  })

  test('has menus whose counts are the bugs behind their links', () => {
    const view = list('status:open')
    const labels = view.menus.find(({ name }) => name === 'Label')!
    const bug = labels.entries.find(({ text }) => text === 'kind/bug')!
    expect(bug).toMatchObject({ count: '25', active: false })
    expect(list(q(bug.url)!).layout.title).toContain('Open bugs')
    expect(list(q(bug.url)!).tabs[0]?.count).toBe('25')
    expect(view.menus.map(({ name }) => name)).toEqual(['Label', 'Author', 'Sort'])
  })

  test('an active entry of a menu takes its filter away', () => {
    const labels = list('label:kind/bug').menus[0]!
    expect(labels.entries.find(({ text }) => text === 'kind/bug')).toMatchObject({
      active: true,
      url: '/tools/kiln/-/bugs?q=',
    })
  })

  test('the order in force is marked in its menu', () => {
    const active = (text: string) =>
      list(text)
        .menus.at(-1)
        ?.entries.filter(entry => entry.active)
        .map(entry => entry.text)
    expect(active('sort:edit')).toEqual(['Recently updated'])
    expect(active('')).toEqual(['Newest'])
    expect(active('sort:id')).toEqual([])
  })

  test('has a chip for every filter but the status that a tab shows, each with a link that removes it', () => {
    const { id } = kiln.ada
    const view = list(`status:open label:kind/bug -firmware author:${id.slice(0, 8)} sort:edit`)
    expect(view.chips.map(({ text, removeUrl }) => [text, q(removeUrl)])).toEqual([
      ['label:kind/bug', `status:open -firmware author:${id.slice(0, 8)} sort:edit-desc`],
      ['-firmware', `status:open label:kind/bug author:${id.slice(0, 8)} sort:edit-desc`],
      [`author:${id.slice(0, 8)} Ada Marsh (ada)`, 'status:open label:kind/bug -firmware sort:edit-desc'],
    ])
    expect(list('-status:open -status:closed').chips).toHaveLength(2)
  })

  test('a label in a row adds itself to the query', () => {
    const chip = list('title:glazes').rows[0]?.labels.find(({ value }) => value === 'feature')
    expect(q(chip?.url ?? '')).toBe('title:glazes label:kind/feature')
  })

  test('shows at most four labels in a row and says how many more there are', () => {
    expect(list().rows[0]).toMatchObject({ moreLabels: 2, moreLabelsText: '2 more labels' })
    expect(list().rows[0]?.labels).toHaveLength(4)
  })

  test('has fifty bugs on a page, and the pages as plain addresses', () => {
    const first = list('')
    expect(first.rows).toHaveLength(50)
    expect(first.pager).toMatchObject({
      previousUrl: undefined,
      nextUrl: '/tools/kiln/-/bugs?q=&page=2',
      range: '1–50 of 74',
    })
    const second = list('', 2)
    expect(second).toMatchObject({
      firstNumber: 51,
      pager: { previousUrl: '/tools/kiln/-/bugs?q=', nextUrl: undefined },
    })
    expect(second.rows).toHaveLength(24)
    expect(second.layout).toMatchObject({
      canonical: '/tools/kiln/-/bugs?q=&page=2',
      previousUrl: '/tools/kiln/-/bugs?q=',
    })
  })

  test('a page of nonsense is the first one', () => {
    expect(list('', -3).rows[0]).toEqual(list('').rows[0])
    expect(list('', 1.7).firstNumber).toBe(1)
  })

  test('keeps search engines away from filtered lists', () => {
    expect(list('label:kind/bug').layout.indexed).toBe(false)
    expect(list('status:open sort:edit-desc').layout.indexed).toBe(false)
  })

  test('names its other formats with the same query', () => {
    expect(list('label:kind/bug').layout.formats).toEqual([
      { label: 'Atom', type: 'application/atom+xml', url: '/tools/kiln/-/bugs.atom?q=label:kind/bug' },
      { label: 'JSON', type: 'application/json', url: '/tools/kiln/-/bugs.json?q=label:kind/bug' },
      { label: 'CSV', type: 'text/csv', url: '/tools/kiln/-/bugs.csv?q=label:kind/bug' },
      { label: 'Text', type: 'text/plain', url: '/tools/kiln/-/bugs.txt?q=label:kind/bug' },
      { label: 'mbox', type: 'application/mbox', url: '/tools/kiln/-/bugs.mbox?q=label:kind/bug' },
    ])
    expect(list().layout.formats[0]?.url).toBe('/tools/kiln/-/bugs.atom')
  })
})

describe('an empty list says why', () => {
  test('nothing matches', () => {
    expect(list('label:none').empty).toMatchObject({
      why: 'No bug matches this query.',
      ways: [{ url: '/tools/kiln/-/bugs?q=' }],
    })
  })

  test('only bugs of the other status match', () => {
    expect(list('status:closed title:cone').empty).toMatchObject({
      why: 'No closed bug matches this query.',
      ways: [{ text: 'Show 12 open matching bugs', url: '/tools/kiln/-/bugs?q=status:open+title:cone' }, {}],
    })
  })

  test('all bugs have the other status', () => {
    const tracker = inventTracker({
      bugs: [inventBug(1, { title: 'x', status: 'closed', events: [['ada', 1, { type: 'create', text: '' }]] })],
      identities: [],
    })
    expect(listPage({ site, repository: { name: 'x', tracker } }).empty).toMatchObject({
      why: 'No bug is open.',
      ways: [{ text: 'Show 1 closed bug', url: '/x/-/bugs?q=status:closed+sort:edit-desc' }],
    })
  })

  test('the page is beyond the end', () => {
    expect(list('', 9).empty).toMatchObject({
      why: 'There is no page 9: the list ends with page 2.',
      ways: [{ url: '/tools/kiln/-/bugs?q=&page=2' }],
    })
  })

  test('the repository has no bugs, or none that can be read', () => {
    const identities = [inventIdentity('ada', { name: 'Ada' })]
    const empty = (problems: { ref: string; reason: string }[]) =>
      listPage({ site, repository: { name: 'x', tracker: inventTracker({ bugs: [], identities, problems }) } }).empty
    expect(empty([])?.commands).toEqual(['git bug bug new', 'git bug push'])
    expect(empty([{ ref: 'r', reason: 'x' }])).toMatchObject({
      why: expect.stringContaining('could be read'),
      commands: [],
    })
  })
})

describe('a query with a mistake', () => {
  test('shows the message, the place and the box, and no bugs', () => {
    const view = list('status:open lable:kind/bug')
    expect(view.mistake).toEqual({
      message: 'Unknown qualifier "lable"; did you mean "label"?',
      before: 'status:open ',
      wrong: 'lable',
      after: ':kind/bug',
      pointer: '            ^^^^^',
    })
    expect(view).toMatchObject({
      text: 'status:open lable:kind/bug',
      rows: [],
      menus: [],
      pager: undefined,
      empty: undefined,
    })
    expect(view.layout).toMatchObject({ indexed: false, canonical: undefined, formats: [] })
  })

  test('the place stays in sight in a long query', () => {
    const mistake = list(`${'word '.repeat(50)}zzz:${'y'.repeat(100)}`).mistake!
    expect(mistake.before).toHaveLength(25)
    expect(mistake.before.startsWith('…')).toBe(true)
    expect(mistake).toMatchObject({ wrong: 'zzz', after: expect.stringMatching(/^:y{23}…$/) })
    expect(mistake.pointer).toBe(`${' '.repeat(25)}^^^`)
  })

  test('line breaks and hidden characters do not move the pointer', () => {
    const mistake = list('a\n\u202eb zzz:x').mistake!
    expect(mistake.before).toBe('a [U+202E]b ')
    expect(mistake.pointer).toBe(`${' '.repeat(mistake.before.length)}^^^`)
  })
})
